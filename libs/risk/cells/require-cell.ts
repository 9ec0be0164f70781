import { getResolution, isValidCell } from 'h3-js';
import { AppError } from '#platform';

/**
 * The cell as it was given, when it is one of the namespace's resolution (or, where asked for, of a coarser one).
 * @throws AppError CELL_INVALID, CELL_RESOLUTION_WRONG
 */
export function requireCell(cell: string, resolution: number, options: { coarser?: boolean } = {}): string {
  if (!isValidCell(cell))
    throw new AppError('CELL_INVALID', `${cell} is no H3 cell`, {
      errors: [{ path: 'cell', message: 'is no H3 cell' }],
    });
  const given = getResolution(cell);
  if (given === resolution || (options.coarser && given < resolution)) return cell;
  throw new AppError('CELL_RESOLUTION_WRONG', `The cell has resolution ${given}, the namespace keeps ${resolution}`, {
    errors: [{ path: 'cell', message: `has resolution ${given} instead of ${resolution}` }],
  });
}
