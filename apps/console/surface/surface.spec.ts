import type { CellRisk, EventTypeSummary, Level } from '#contracts';
import { describe, expect, it } from 'vitest';
import { choicesOf, firstReady } from './default-type.js';
import { highest, isStale, rangeOf, shadeOf, STALE_AFTER_MS, summarize } from './surface.js';

const thresholds = { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 };
const risk = (cell: string, p_event: number, level: Level = 'LOW', expected_count = p_event): CellRisk => ({
  cell,
  p_event,
  expected_count,
  q05: 0,
  q50: 0,
  q95: 1,
  expected_loss: 0,
  risk_score: 0,
  level,
});

describe('summarize', () => {
  it('counts by level and adds the expected counts up', () => {
    const summary = summarize([risk('a', 0.01), risk('b', 0.2, 'HIGH'), risk('c', 0.02)]);
    expect(summary.counts).toEqual({ LOW: 2, MODERATE: 0, HIGH: 1, CRITICAL: 0 });
    expect(summary.expected).toBeCloseTo(0.23);
    expect(summary.highestP).toBe(0.2);
  });
});

describe('highest', () => {
  it('gives what sorting all would give', () => {
    const cells = Array.from({ length: 200 }, (_, i) => risk(`c${i}`, ((i * 37) % 50) / 50, 'LOW', (i * 13) % 7));
    const sorted = cells.toSorted(
      (a, b) => b.p_event - a.p_event || b.expected_count - a.expected_count || (a.cell < b.cell ? -1 : 1),
    );
    expect(highest(cells, 10)).toEqual(sorted.slice(0, 10));
    expect(highest(cells.toReversed(), 10)).toEqual(sorted.slice(0, 10));
  });

  it('takes fewer where there are fewer', () => expect(highest([risk('a', 0.1)], 10)).toHaveLength(1));
});

describe('rangeOf', () => {
  it('covers 0 to 1 without a gap', () => {
    const levels: Level[] = ['LOW', 'MODERATE', 'HIGH', 'CRITICAL'];
    expect(levels.map((level) => rangeOf(level, thresholds))).toEqual([
      [0, 0.05],
      [0.05, 0.15],
      [0.15, 0.4],
      [0.4, 1],
    ]);
  });
});

describe('shadeOf', () => {
  it('lies within the level and grows with the probability', () => {
    const shades = [0, 0.02, 0.049, 0.05, 0.1, 0.2, 0.39, 0.4, 0.7, 1].map((p) => {
      const level = p >= 0.4 ? 'CRITICAL' : p >= 0.15 ? 'HIGH' : p >= 0.05 ? 'MODERATE' : 'LOW';
      return shadeOf({ level, p_event: p }, thresholds, 1);
    });
    expect(shades).toEqual(shades.toSorted((a, b) => a - b));
    expect(shades.map(Math.floor)).toEqual([0, 0, 0, 1, 1, 2, 2, 3, 3, 3]);
    expect(new Set(shades).size).toBe(shades.length);
  });

  it('uses the whole of LOW where nothing is higher', () => {
    expect(shadeOf({ level: 'LOW', p_event: 0.008 }, thresholds, 0.008)).toBeCloseTo(0.999);
    expect(shadeOf({ level: 'LOW', p_event: 0.002 }, thresholds, 0.008)).toBeCloseTo(0.4995);
  });

  it('keeps to the level the server gave, whatever the probability', () => {
    expect(Math.floor(shadeOf({ level: 'HIGH', p_event: 0.9 }, thresholds, 1))).toBe(2);
    expect(Math.floor(shadeOf({ level: 'HIGH', p_event: 0.01 }, thresholds, 0.01))).toBe(2);
  });
});

it('a surface is stale after a quarter of an hour', () => {
  const issued = Date.parse('2026-01-01T00:00:00Z');
  const map = { issued_at: '2026-01-01T00:00:00Z' };
  expect(isStale(map, issued + STALE_AFTER_MS)).toBe(false);
  expect(isStale(map, issued + STALE_AFTER_MS + 1)).toBe(true);
});

describe('choice of an event type', () => {
  const type = (event_type: string, events: number): EventTypeSummary => ({
    event_type,
    events,
    cells: 1,
    first: '',
    last: '',
  });

  it('offers the most frequent first, and all together where there are several', () => {
    expect(choicesOf([type('b', 5), type('a', 9)])).toEqual(['a', 'b', 'all']);
    expect(choicesOf([type('a', 9)])).toEqual(['a']);
    expect(choicesOf([])).toEqual([]);
  });

  it('begins with the first that has a surface', async () => {
    const asked: string[] = [];
    const ready = (each: string) => {
      asked.push(each);
      return Promise.resolve(each === 'b');
    };
    expect(await firstReady(['a', 'b', 'all'], ready)).toBe('b');
    expect(asked).toEqual(['a', 'b']);
  });

  it('stays with the first where none has one, and asks nothing where there is no choice', async () => {
    expect(await firstReady(['a', 'b'], () => Promise.resolve(false))).toBe('a');
    expect(await firstReady(['a'], () => Promise.reject(new Error('asked')))).toBe('a');
    expect(await firstReady([], () => Promise.resolve(true))).toBeNull();
  });
});
