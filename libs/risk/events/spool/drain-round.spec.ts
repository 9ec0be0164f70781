import { describe, expect, it } from 'vitest';
import { consequenceOf, nextRound, REFUSALS_OF_A_HALF, type SpooledBatch } from './drain-round.js';

const LIMITS = { rows: 100, bytes: 1_000 };
const batch = (position: number, rows: number, more: Partial<SpooledBatch> = {}): SpooledBatch => ({
  position: String(position),
  part: 0,
  rows,
  bytes: rows,
  refusals: 0,
  ...more,
});
const positions = (...batches: SpooledBatch[]) => nextRound(batches, LIMITS).map(({ position }) => Number(position));

describe('a round', () => {
  it('takes batches in their order up to the limits', () => {
    expect(positions()).toEqual([]);
    expect(positions(batch(1, 40), batch(2, 60), batch(3, 1))).toEqual([1, 2]);
    expect(positions(batch(1, 40), batch(2, 61), batch(3, 1))).toEqual([1]);
    expect(positions(batch(1, 1, { bytes: 600 }), batch(2, 1, { bytes: 600 }))).toEqual([1]);
  });

  it('takes one that is too large by itself', () => {
    expect(positions(batch(1, 500), batch(2, 1))).toEqual([1]);
  });

  it('leaves one that was refused alone, without letting others pass it', () => {
    expect(positions(batch(1, 1), batch(2, 1, { refusals: 1 }), batch(3, 1))).toEqual([1]);
    expect(positions(batch(2, 1, { refusals: 1 }), batch(3, 1))).toEqual([2]);
  });
});

describe('a batch that was refused', () => {
  it.each([
    [{ rows: 100, refusals: 1 }, 0, 'again'],
    [{ rows: 1, refusals: 2 }, 0, 'again'],
    [{ rows: 100, refusals: 3 }, 0, 'cut'],
    [{ rows: 2, refusals: 3 }, 19, 'cut'],
    [{ rows: 1, refusals: 3 }, 0, 'park'],
    [{ rows: 2, refusals: 3 }, 20, 'park'],
  ] as const)('%j with %i pieces set aside: %s', (of, parked, consequence) => {
    expect(consequenceOf(of, parked)).toBe(consequence);
  });

  it('ends: rows at fault are set aside, a few of many alone and the others with what lies beside them', () => {
    const settle = (bad: Set<number>) => {
      const line = [{ from: 0, rows: 1_024, refusals: 0 }];
      const taken: number[] = [];
      const parked: number[] = [];
      let pieces = 0;
      let tries = 0;
      for (let piece = line.shift(); piece; piece = line.shift()) {
        tries++;
        const ids = Array.from({ length: piece.rows }, (_, i) => piece.from + i);
        if (!ids.some((id) => bad.has(id))) {
          taken.push(...ids);
          continue;
        }
        const refusals = piece.refusals + 1;
        const what = consequenceOf({ rows: piece.rows, refusals }, pieces);
        const middle = Math.ceil(piece.rows / 2);
        if (what === 'again') line.unshift({ ...piece, refusals });
        else if (what === 'cut')
          line.unshift(
            { from: piece.from, rows: middle, refusals: REFUSALS_OF_A_HALF },
            { from: piece.from + middle, rows: piece.rows - middle, refusals: REFUSALS_OF_A_HALF },
          );
        else {
          pieces++;
          parked.push(...ids);
        }
      }
      expect([...taken, ...parked].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_024 }, (_, i) => i));
      return { taken, parked, tries };
    };
    expect(settle(new Set([7, 500])).parked).toEqual([7, 500]);
    const all = settle(new Set(Array.from({ length: 1_024 }, (_, i) => i)));
    expect(all.taken).toEqual([]);
    expect(all.tries).toBeLessThan(100);
  });
});
