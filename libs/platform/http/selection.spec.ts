import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { assessAnswer, risk, riskMap } from '#contracts';
import { AppError } from './app-error.js';
import { needs, parseSelection, select } from './selection.js';

const chosen = (text: string, schema: z.ZodType, value: unknown) => select(value, parseSelection(text, schema));

const schema = z.object({
  id: z.string(),
  cell: z.object({ id: z.string(), center: z.object({ lat: z.number(), lon: z.number() }) }).nullable(),
  rows: z.array(z.object({ a: z.number(), b: z.string().optional() })),
  attrs: z.record(z.string(), z.unknown()),
  either: z.union([z.object({ x: z.number() }), z.object({ y: z.number() })]),
});
const value = {
  id: 'one',
  cell: { id: 'c', center: { lat: 1, lon: 2 } },
  rows: [{ a: 1, b: 'x' }, { a: 2 }],
  attrs: { colour: 'red', size: 3 },
  either: { y: 5 },
};

describe('fields', () => {
  it.each([
    ['id', { id: 'one' }],
    ['id,cell.center', { id: 'one', cell: { center: { lat: 1, lon: 2 } } }],
    ['cell.center.lat', { cell: { center: { lat: 1 } } }],
    ['cell,cell.center.lat', { cell: value.cell }],
    ['cell.center.lat,cell', { cell: value.cell }],
    ['rows.a', { rows: [{ a: 1 }, { a: 2 }] }],
    [' id , rows.b ', { id: 'one', rows: [{ b: 'x' }, {}] }],
    ['attrs.colour', { attrs: { colour: 'red' } }],
    ['either.x,either.y', { either: { y: 5 } }],
  ])('%s', (text, expected) => expect(chosen(text, schema, value)).toEqual(expected));

  it('keeps null where something below it was chosen', () => {
    expect(chosen('cell.center.lat', schema, { ...value, cell: null })).toEqual({ cell: null });
  });

  it.each([
    '',
    ',',
    'nope',
    'id,nope',
    'cell.nope',
    'id.x',
    'rows.a.b',
    'cell..id',
    '__proto__',
    'constructor',
    'cell.',
  ])('refuses %j and names it', (text) => {
    const refused = () => parseSelection(text, schema);
    expect(refused).toThrow(AppError);
    try {
      refused();
    } catch (error) {
      expect((error as AppError).errors[0]?.path).toBe('fields');
    }
  });

  it('refuses floods', () => {
    expect(() => parseSelection(Array(201).fill('id').join(','), schema)).toThrow(AppError);
    expect(() => parseSelection(`id,${'x'.repeat(5_000)}`, schema)).toThrow(AppError);
  });

  it('cannot reach what is not the value’s own', () => {
    const loose = z.record(z.string(), z.unknown());
    expect(chosen('__proto__.x,toString,constructor', loose, { a: 1 })).toEqual({});
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('knows the answers of the API', () => {
    for (const [text, answer] of [
      ['risk_id,status,cell.center', risk],
      ['cells.cell,cells.p_event,model_version', riskMap],
      ['assessments.scenarios.count', assessAnswer],
    ] as const)
      expect(() => parseSelection(text, answer)).not.toThrow();
  });

  it('tell a service what it may leave out', () => {
    const fields = parseSelection('id,cell.id', schema);
    expect([needs(fields, 'cell'), needs(fields, 'attrs'), needs(undefined, 'attrs')]).toEqual([true, false, true]);
  });
});
