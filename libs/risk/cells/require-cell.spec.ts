import { expect, it } from 'vitest';
import { requireCell } from './require-cell.js';

const code = (cell: string, resolution: number, options = {}) => {
  try {
    return requireCell(cell, resolution, options);
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

it.each([
  ['872b9bc46ffffff', 7, {}, '872b9bc46ffffff'],
  ['872b9bc46ffffff', 8, {}, 'CELL_RESOLUTION_WRONG'],
  ['872b9bc46ffffff', 6, {}, 'CELL_RESOLUTION_WRONG'],
  ['872b9bc46ffffff', 8, { coarser: true }, '872b9bc46ffffff'],
  ['872b9bc46ffffff', 6, { coarser: true }, 'CELL_RESOLUTION_WRONG'],
  ['8fffffffffffff0', 7, {}, 'CELL_INVALID'],
  ['800000000000000', 7, {}, 'CELL_INVALID'],
  ['', 7, {}, 'CELL_INVALID'],
  ["' OR 1=1", 7, { coarser: true }, 'CELL_INVALID'],
])('%s in a namespace of resolution %i', (cell, resolution, options, expected) =>
  expect(code(cell, resolution, options)).toBe(expected),
);
