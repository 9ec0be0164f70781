import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cellAt } from '#geo';
import { sampleCount } from '../distributions/index.js';
import { createRandom } from '../random.js';
import {
  type AmountSeverity,
  detectMarkKind,
  expectedLoss,
  fitSeverity,
  lossQuantiles,
  meanAmounts,
  sampleAmount,
} from './index.js';

/** `perCell[c]` events in cell c, zero with `zero[c]`, else lognormal about `mu[c]`. */
function simulated(perCell: number[], mu: number[], zero: number[], sigma: number, seed: number) {
  const random = createRandom(seed);
  const amounts: number[] = [];
  const cells: number[] = [];
  perCell.forEach((n, c) => {
    for (let i = 0; i < n; i++) {
      cells.push(c);
      amounts.push(random.next() < (zero[c] as number) ? 0 : Math.exp((mu[c] as number) + sigma * random.normal()));
    }
  });
  return { amounts, cells, size: perCell.length };
}

function fitAmounts(data: Parameters<typeof fitSeverity>[0]): AmountSeverity {
  const severity = fitSeverity(data, { kind: 'amount' });
  if (severity.kind !== 'amount') throw new Error('an amount was asked for');
  return severity;
}

describe('detectMarkKind', () => {
  const magnitudes = Array.from({ length: 500 }, (_, i) => Math.round((2 - Math.log10(1 - i / 500)) * 100) / 100);
  it.each([
    ['nothing', [], 'none'],
    ['only missing', [NaN, NaN], 'none'],
    ['zeros', [0, 0, 0], 'none'],
    ['magnitudes', magnitudes, 'magnitude'],
    ['magnitudes with gaps', [...magnitudes, NaN], 'magnitude'],
    ['dollars', [0, 3000, 150000, 12, 50e6], 'amount'],
    ['few small numbers', [1.5, 2.5], 'amount'],
    ['counts of people', Array.from({ length: 100 }, (_, i) => i % 5), 'amount'],
    ['losses in millions', Array.from({ length: 100 }, (_, i) => 0.05 * 1.06 ** (0.9 * i)), 'amount'],
  ] as const)('%s', (_, marks, kind) => {
    expect(detectMarkKind(marks as readonly number[])).toBe(kind);
  });

  it('does not sum magnitudes', () => {
    expect(fitSeverity({ amounts: magnitudes, cells: magnitudes.map(() => 0), size: 1 })).toEqual({
      kind: 'magnitude',
    });
  });
});

describe('fitSeverity', () => {
  it('finds what it was simulated from, and leaves unseen cells to the region', () => {
    const size = 60;
    const random = createRandom(5);
    const mu = Array.from({ length: size }, () => 8 + 0.7 * random.normal());
    const zero = Array.from({ length: size }, (_, c) => (c % 2 === 0 ? 0.1 : 0.3));
    const severity = fitAmounts(simulated([...new Array<number>(size - 1).fill(400), 0], mu, zero, 1.5, 11));
    expect(severity.summary.withinCells).toBeCloseTo(1.5, 1);
    expect(severity.summary.betweenCells).toBeGreaterThan(0.5);
    expect(severity.summary.betweenCells).toBeLessThan(0.9);
    for (let c = 0; c < size - 1; c++) {
      expect(Math.abs((severity.mu[c] as number) - (mu[c] as number))).toBeLessThan(0.4);
      expect(Math.abs((severity.zeroShare[c] as number) - (zero[c] as number))).toBeLessThan(0.08);
    }
    expect(severity.zeroShare[size - 1]).toBeGreaterThan(0.15);
    expect(severity.zeroShare[size - 1]).toBeLessThan(0.25);
    expect(severity.sigma[size - 1]).toBeGreaterThan(severity.sigma[0] as number);
  });

  it('lets no single event rule a cell', () => {
    const data = simulated(
      new Array<number>(50).fill(100),
      new Array<number>(50).fill(8),
      new Array<number>(50).fill(0.1),
      2,
      3,
    );
    const before = meanAmounts(fitAmounts(data));
    const after = fitAmounts({ ...data, amounts: [...data.amounts, 5e7], cells: [...data.cells, 7] });
    expect(after.summary.capped).toBeGreaterThan(0);
    expect(after.summary.lossBeyondCap).toBeGreaterThan(0.1);
    expect((meanAmounts(after)[7] as number) / (before[7] as number)).toBeLessThan(1.6);
    expect((meanAmounts(after)[8] as number) / (before[8] as number)).toBeLessThan(1.1);
  });

  it('keeps the mean of the capped amounts', () => {
    const data = simulated([300, 20, 500], [7, 9, 8], [0.2, 0, 0.5], 1.8, 4);
    const severity = fitAmounts(data);
    const { zeroShare, positiveMean, cap } = severity;
    expect(zeroShare.length).toBe(3);
    let expected = 0;
    let seen = 0;
    data.amounts.forEach((amount, i) => {
      seen += Math.min(cap, amount);
      if (amount > 0) expected += positiveMean[data.cells[i] as number] as number;
    });
    expect(expected / seen).toBeCloseTo(1, 6);
  });

  it('skips missing amounts and counts them', () => {
    const severity = fitAmounts({ amounts: [10, NaN, 0, 20], cells: [0, 0, 1, 1], size: 2 });
    expect(severity.summary).toMatchObject({ events: 3, missing: 1, zeros: 1 });
    expect(severity.cap).toBeLessThanOrEqual(20);
  });

  it.each([
    ['no events', [], []],
    ['only zeros', [0, 0], [0, 1]],
    ['only missing', [NaN], [0]],
  ] as const)('costs nothing with %s', (_, amounts, cells) => {
    const severity = fitAmounts({ amounts, cells, size: 2 });
    expect(Array.from(expectedLoss(severity, [1, 2]))).toEqual([0, 0]);
    expect(lossQuantiles(severity, [1, 2], 2, [0.95]).map((q) => Array.from(q))).toEqual([[0, 0]]);
  });

  it('takes one amount, and equal ones', () => {
    expect(meanAmounts(fitAmounts({ amounts: [100], cells: [0], size: 1 }))[0]).toBeGreaterThan(20);
    const equal = fitAmounts({ amounts: new Array(30).fill(50), cells: new Array(30).fill(0), size: 1 });
    expect(meanAmounts(equal)[0]).toBeCloseTo(50, 1);
  });

  it.each([
    [[-1], [0], 'amounts[0]'],
    [[1, Infinity], [0, 0], 'amounts[1]'],
    [[1], [3], 'cells[0]'],
    [[1], [0.5], 'cells[0]'],
    [[1, 2], [0], 'cells'],
  ])('names what is wrong with %j in %j', (amounts, cells, argument) => {
    expect(() => fitAmounts({ amounts, cells, size: 2 })).toThrow(expect.objectContaining({ argument }));
  });
});

describe('losses', () => {
  const severity = fitAmounts(simulated([500, 400], [8, 9], [0.15, 0.4], 2.2, 21));

  it('are expected as they are drawn', () => {
    const random = createRandom(1);
    const draws = 400_000;
    let sum = 0;
    for (let i = 0; i < draws; i++) sum += sampleAmount(severity, 0, random);
    const mean = meanAmounts(severity)[0] as number;
    expect(Math.abs(sum / draws / mean - 1)).toBeLessThan(0.03);
    expect(expectedLoss(severity, [2, 0])[0]).toBeCloseTo(2 * mean, 6);
    expect(() => sampleAmount(severity, 2, random)).toThrow('cell must be');
  });

  it.each([
    [0.02, 1],
    [0.08, 1.5],
    [0.4, 1],
    [1, 2],
    [3, 1.2],
    [12, 3],
    [60, 1],
  ])('have the quantiles of a simulation at mean count %d, dispersion %d', (mean, dispersion) => {
    const random = createRandom(9);
    const draws = 60_000;
    for (const cell of [0, 1]) {
      const losses = Float64Array.from({ length: draws }, () => {
        let loss = 0;
        for (let n = sampleCount(mean, dispersion, random); n > 0; n--) loss += sampleAmount(severity, cell, random);
        return loss;
      }).sort();
      const means = [0, 0];
      means[cell] = mean;
      for (const p of [0.5, 0.8, 0.95, 0.99]) {
        const found = lossQuantiles(severity, means, dispersion, [p])[0]?.[cell] as number;
        // Compared as probabilities: where simulation puts the loss that was found.
        const atMost = losses.findIndex((loss) => loss > found * 1.0001);
        const below = losses.findIndex((loss) => loss >= found * 0.9999);
        const upper = (atMost === -1 ? draws : atMost) / draws;
        const lower = (below === -1 ? draws : below) / draws;
        const slack = p >= 0.95 ? 0.02 : 0.06;
        expect(lower).toBeLessThan(p + slack);
        expect(upper).toBeGreaterThan(p - slack);
      }
    }
  });

  it('are fast enough for a surface of 100,000 cells', () => {
    const size = 100_000;
    const random = createRandom(2);
    const large: AmountSeverity = {
      ...severity,
      zeroShare: new Float64Array(size).fill(0.2),
      mu: Float64Array.from({ length: size }, () => 8 + random.normal()),
      sigma: new Float64Array(size).fill(2),
      positiveMean: new Float64Array(size).fill(20_000),
      positiveSquare: new Float64Array(size).fill(2e10),
    };
    const means = Float64Array.from({ length: size }, () => Math.exp(-3 + 1.5 * random.normal()));
    lossQuantiles(large, means, 1.4, [0.5, 0.95]);
    const start = performance.now();
    lossQuantiles(large, means, 1.4, [0.5, 0.95]);
    // Far above the 150 ms of a busy machine, far below what a solver gone wrong would take.
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('names what is wrong', () => {
    expect(() => expectedLoss(severity, [1])).toThrow('means has 1 entries');
    expect(() => expectedLoss(severity, [1, NaN])).toThrow('means[1]');
    expect(() => lossQuantiles(severity, [1, 1], 0.5, [0.5])).toThrow('dispersion');
    expect(() => lossQuantiles(severity, [1, 1], 1, [1])).toThrow('probabilities[0]');
  });
});

const FIRES = '../shared/data/toronto_fires.csv';
describe.skipIf(!existsSync(FIRES))('the amounts of real fires', () => {
  it('are fitted with a cap below the largest, and the right mean', () => {
    const index = new Map<string, number>();
    const amounts: number[] = [];
    const cells: number[] = [];
    for (const line of readFileSync(FIRES, 'utf8').trim().split('\n').slice(1)) {
      const [, , lat, lon, amount] = line.split(',') as [string, string, string, string, string];
      const cell = cellAt(Number(lat), Number(lon), 7);
      if (!index.has(cell)) index.set(cell, index.size);
      amounts.push(amount === '' ? Number.NaN : Number(amount));
      cells.push(index.get(cell) as number);
    }
    expect(detectMarkKind(amounts)).toBe('amount');
    const severity = fitAmounts({ amounts, cells, size: index.size });
    expect(severity.cap).toBeLessThan(6e6);
    expect(severity.summary.zeros / severity.summary.events).toBeCloseTo(0.125, 2);
    const means = meanAmounts(severity);
    expect(Math.max(...means) / Math.min(...means)).toBeLessThan(12);
  });
});
