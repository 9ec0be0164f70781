import fc from 'fast-check';
import { gridDisk, latLngToCell } from 'h3-js';
import { describe, expect, it } from 'vitest';
import { countQuantile, countQuantiles, createRandom, probabilityOfAny, sampleCount } from '#forecast';
import { RiskView } from '../surfaces/risk-view.js';
import { forecastOf } from './target-forecast.js';
import { encodeWeights, TargetWeights } from './weights.js';

const CELLS = gridDisk(latLngToCell(43.65, -79.38, 7), 3);
const region = { indexOf: (cell: string) => CELLS.indexOf(cell) };

/** A view with these means in the first cells. */
function viewOf(means: number[], dispersion: number): RiskView {
  const expectedCount = Float64Array.from(CELLS, (_, i) => means[i] ?? 0.01);
  const [q05, q50, q95] = countQuantiles(expectedCount, [0.05, 0.5, 0.95], dispersion) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const slice = {
    cells: CELLS,
    dispersion,
    expectedCount,
    expectedLoss: expectedCount.map((mean) => 100 * mean),
    pEvent: expectedCount.map((mean) => probabilityOfAny(mean, dispersion)),
    q05,
    q50,
    q95,
  };
  return new RiskView(slice, 24, (cell) => CELLS.indexOf(cell));
}

/** A target with these shares of the first cells. */
function targetOf(shares: number[], cells: readonly string[] = CELLS): TargetWeights {
  const total = shares.reduce((sum, share) => sum + share, 0);
  return new TargetWeights(
    encodeWeights({
      cells: shares.map((_, i) => cells[i] ?? ''),
      shares: Float64Array.from(shares),
      parts: Float64Array.from(shares, (share) => share / total),
    }),
  );
}

const of = (weights: TargetWeights, view: RiskView) => forecastOf(weights, weights.positions(region), view);

describe('the forecast of a target', () => {
  it('of one whole cell is that of the cell', () => {
    const view = viewOf([2.5], 1.7);
    expect(of(targetOf([1]), view)).toMatchObject({
      expectedCount: 2.5,
      expectedLoss: 250,
      q05: view.slice.q05[0],
      q50: view.slice.q50[0],
      q95: view.slice.q95[0],
      coverage: 1,
      relativeRisk: 2.5 / view.meanCount,
    });
    expect(of(targetOf([1]), view)?.pEvent).toBeCloseTo(view.slice.pEvent[0] ?? 0, 12);
  });

  it('of whole cells is that of the summed count with the same dispersion', () => {
    const forecast = of(targetOf([1, 1, 1]), viewOf([0.2, 0.5, 1], 1.4));
    expect(forecast?.expectedCount).toBeCloseTo(1.7, 12);
    expect(forecast?.pEvent).toBeCloseTo(probabilityOfAny(1.7, 1.4), 12);
    expect(forecast?.q95).toBe(countQuantile(0.95, 1.7, 1.4));
  });

  it('of parts of cells is what throwing events into cells gives', () => {
    const means = [3, 0.8, 1.5];
    const shares = [0.25, 0.9, 0.5];
    const dispersion = 2.5;
    const forecast = of(targetOf(shares), viewOf(means, dispersion));
    const random = createRandom(7);
    const runs = 40_000;
    const counts: number[] = [];
    for (let run = 0; run < runs; run++) {
      let inside = 0;
      means.forEach((mean, i) => {
        const events = sampleCount(mean, dispersion, random);
        for (let k = 0; k < events; k++) if (random.next() < (shares[i] ?? 0)) inside++;
      });
      counts.push(inside);
    }
    counts.sort((a, b) => a - b);
    const some = counts.filter((count) => count > 0).length / runs;
    const mean = counts.reduce((sum, count) => sum + count, 0) / runs;
    // Five standard errors of 40,000 runs.
    expect(Math.abs((forecast?.pEvent ?? 0) - some)).toBeLessThan(5 * Math.sqrt(0.25 / runs));
    expect(Math.abs((forecast?.expectedCount ?? 0) - mean)).toBeLessThan(0.06);
    expect(Math.abs((forecast?.q95 ?? 0) - (counts[Math.floor(0.95 * runs)] ?? 0))).toBeLessThanOrEqual(1);
    expect(forecast?.q50).toBe(counts[Math.floor(0.5 * runs)]);
  });

  it('grows with every share, is a probability, and is Poisson where the counts are', () => {
    const share = fc.double({ min: 1e-6, max: 1, noNaN: true });
    const mean = fc.double({ min: 0, max: 5, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(share, mean), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(1, 1 + 1e-12, 1.01, 3, 50),
        (parts, dispersion) => {
          const view = viewOf(
            parts.map(([, m]) => m),
            dispersion,
          );
          const shares = parts.map(([s]) => s);
          const forecast = of(targetOf(shares), view);
          const more = of(targetOf(shares.map((s) => Math.min(1, s * 1.1))), view);
          const { pEvent = -1, expectedCount = -1, q05 = 0, q50 = 0, q95 = 0 } = forecast ?? {};
          expect(pEvent).toBeGreaterThanOrEqual(0);
          expect(pEvent).toBeLessThanOrEqual(1);
          expect(more?.pEvent ?? 0).toBeGreaterThanOrEqual(pEvent);
          expect(more?.expectedCount ?? 0).toBeGreaterThanOrEqual(expectedCount);
          expect(q05 <= q50 && q50 <= q95).toBe(true);
          // Events in clusters leave more room for none.
          expect(pEvent).toBeLessThanOrEqual(-Math.expm1(-expectedCount) + 1e-9);
          if (dispersion < 1.001) expect(pEvent).toBeCloseTo(-Math.expm1(-expectedCount), 6);
        },
      ),
    );
  });

  it('counts what the surface covers, says how much that is, and is none where it is nothing', () => {
    const outside = latLngToCell(10, 10, 7);
    const half = targetOf([1, 1], [CELLS[0] ?? '', outside]);
    expect(of(half, viewOf([0.4], 1))).toMatchObject({ coverage: 0.5, expectedCount: 0.4 });
    expect(of(targetOf([1], [outside]), viewOf([0.4], 1))).toBeUndefined();
  });
});
