import { describe, expect, it } from 'vitest';
import { cellAt, ringsAround } from '#geo';
import { historicalBaseline, h3Frame, rateForecast, standardBaselines, uniformBaseline } from '../baselines/index.js';
import { buildRegion, type EventSeries, seriesOf } from '../process/index.js';
import { createRandom } from '../random.js';
import {
  type BacktestPlan,
  type BacktestProgress,
  baselineForecaster,
  beatsBaselines,
  compareForecasts,
  type Forecaster,
  processForecaster,
  runBacktest,
  standardForecasters,
} from './index.js';

const REGION = buildRegion(ringsAround(cellAt(43.65, -79.38, 8), 5).flat(), { addNeighbours: false });
const FRAME = h3Frame(REGION.cells);
const WEEK = 168;
const FROM = 2000 * WEEK;
const TO = FROM + 30 * WEEK;

/** True rates, events per hour and cell: uneven by a factor of some hundred. */
const random = createRandom(1);
const TRUTH = Float64Array.from({ length: FRAME.size }, () => 0.002 * Math.exp(1.5 * random.normal()));

function poissonEvents(rates: Float64Array, from: number, to: number, seed: number): EventSeries {
  const source = createRandom(seed);
  const events: { time: number; cell: number; mark: number }[] = [];
  rates.forEach((rate, cell) => {
    for (let n = source.poisson(rate * (to - from)); n > 0; n--) {
      events.push({ time: from + source.next() * (to - from), cell, mark: 0 });
    }
  });
  return seriesOf(events);
}

const EVENTS = poissonEvents(TRUTH, FROM, TO, 5);

/** A model that knows the true rates, times a factor. */
function oracle(factor = 1, name = 'oracle'): Forecaster {
  return {
    ...baselineForecaster({
      name,
      fit: () =>
        rateForecast(
          name,
          TRUTH.map((r) => r * factor),
        ),
    }),
    role: 'model',
  };
}

const PLAN: BacktestPlan = {
  frame: FRAME,
  events: EVENTS,
  forecasters: [oracle(), baselineForecaster(uniformBaseline()), baselineForecaster(historicalBaseline())],
  from: FROM,
  to: TO,
  horizon: 24,
  origins: 40,
};

describe('runBacktest', () => {
  it('scores every forecaster on the same windows, and the truth wins', async () => {
    const result = await runBacktest(PLAN);
    expect(result.from).toBe(TO - 40 * 24);
    expect(result.scores.map((s) => s.name)).toEqual(['oracle', 'uniform', 'historical']);
    const [truth, uniform, historical] = result.scores;
    const observed = Array.from(EVENTS.time).filter((t) => t >= result.from && t < TO).length;
    for (const score of result.scores) {
      expect(score.observed).toBe(observed);
      expect(score.windows).toHaveLength(40);
      expect(score.windows[0]?.from).toBe(result.from);
      expect(score.windows[39]?.to).toBe(TO);
      expect(score.windows.reduce((sum, w) => sum + w.logScore, 0)).toBeCloseTo(score.logScore, 9);
      expect(score.coverage.count).toBe(40 * FRAME.size);
      expect(score.pit.total).toBe(40 * FRAME.size);
      expect(score.area.map((a) => a.areaShare)).toEqual([0.01, 0.02, 0.05]);
      expect(score.impossible).toBe(0);
    }
    expect(truth?.logScore).toBeGreaterThan(historical?.logScore as number);
    expect(historical?.logScore).toBeGreaterThan(uniform?.logScore as number);
    expect(truth?.pit.pValue).toBeGreaterThan(0.001);
    expect(truth?.dispersion.dispersion).toBeLessThan(1.1);
    expect(uniform?.dispersion.dispersion).toBeGreaterThan(1.1);
    expect(truth?.numberTest.poisson.delta1).toBeGreaterThan(0.001);
    expect(truth?.brier.score).toBeLessThan(uniform?.brier.score as number);
    expect(truth?.area[2]?.pai).toBeGreaterThan(2 * (uniform?.area[2]?.pai as number));
    expect(truth?.coverage.inside).toBeGreaterThan(0.9);
    const gain = result.comparisons.find((c) => c.forecaster === 'oracle' && c.baseline === 'uniform');
    expect(gain?.gain).toMatchObject({ verdict: 1, events: observed });
    // Gain per event times events is the difference of the log scores: −Λ + Σ ln λ, the factorials cancel.
    expect((gain?.gain.gain as number) * observed).toBeCloseTo(
      (truth?.logScore as number) - (uniform?.logScore as number),
      6,
    );
    // A rate that does not change has the same gain point by point.
    expect(gain?.pointGain?.gain).toBeCloseTo(gain?.gain.gain as number, 9);
    expect(result.comparisons.map((c) => `${c.forecaster}/${c.baseline}`)).toEqual([
      'oracle/uniform',
      'oracle/historical',
      'uniform/historical',
      'historical/uniform',
    ]);
  });

  it('is the same for the same seed', async () => {
    expect(await runBacktest(PLAN)).toEqual(await runBacktest(PLAN));
  });

  it('never shows a forecaster what it could not know', async () => {
    const asked: string[] = [];
    // Windows of a day every other day, the last one ending at TO.
    const first = TO - 24 - 2 * 48;
    const spy: Forecaster = {
      name: 'spy',
      role: 'model',
      fit(train) {
        expect(train.events.time.every((t) => t >= train.from && t < train.to)).toBe(true);
        asked.push(`fit ${(train.from - first) / 24}-${(train.to - first) / 24}`);
        return {
          expected(history, from, to) {
            expect(history.time.every((t) => t < from)).toBe(true);
            // Newer events are there even when the fit is old.
            expect(history.time.length).toBe(Array.from(EVENTS.time).filter((t) => t < from).length);
            asked.push(`forecast ${(from - first) / 24}-${(to - first) / 24}`);
            return new Float64Array(FRAME.size).fill(0.1);
          },
          conditional(events, from, to) {
            expect(events.time.every((t) => t < to)).toBe(true);
            const n = Array.from(events.time).filter((t) => t >= from).length;
            return { intensity: new Float64Array(n).fill(1), integral: 1 };
          },
        };
      },
    };
    const result = await runBacktest({
      ...PLAN,
      forecasters: [spy],
      origins: 3,
      step: 48,
      refitEvery: 2,
      trainHours: 240,
    });
    expect(asked).toEqual(['fit -10-0', 'forecast 0-1', 'forecast 2-3', 'fit -6-4', 'forecast 4-5']);
    expect(result.scores[0]?.fits).toBe(2);
  });

  it('fits probabilities on earlier windows alone', async () => {
    // Events of the last window are doubled: nothing before it may change.
    const last = TO - 24;
    const doubled = seriesOf(
      Array.from(EVENTS.time).flatMap((time, i) => {
        const event = { time, cell: EVENTS.cell[i] as number, mark: 0 };
        return time >= last ? [event, event, event] : [event];
      }),
    );
    const before = await runBacktest(PLAN);
    const after = await runBacktest({ ...PLAN, events: doubled });
    before.scores.forEach((score, k) => {
      expect(after.scores[k]?.windows.slice(0, 39)).toEqual(score.windows.slice(0, 39));
      expect(after.scores[k]?.windows[39]).toMatchObject({
        expected: score.windows[39]?.expected,
        dispersion: score.windows[39]?.dispersion,
      });
    });
  });

  it('lets a forecaster keep its own policy of fitting', async () => {
    const forecasters = [oracle(), baselineForecaster(uniformBaseline(), 3), baselineForecaster(historicalBaseline())];
    const result = await runBacktest({ ...PLAN, forecasters, origins: 7, refitEvery: 7 });
    expect(result.scores.map((s) => s.fits)).toEqual([1, 3, 1]);
  });

  it('fits the dispersion at further horizons, for models', async () => {
    const clustered = seriesOf(
      Array.from(EVENTS.time).flatMap((time, i) =>
        [0, 1, 2].map((k) => ({ time: Math.min(TO - 0.01, time + k * 0.5), cell: EVENTS.cell[i] as number, mark: 0 })),
      ),
    );
    const result = await runBacktest({
      ...PLAN,
      events: clustered,
      forecasters: [oracle(3), PLAN.forecasters[1] as Forecaster],
      dispersionHorizons: [72, 6, 1e6],
    });
    const [model, baseline] = result.scores;
    expect(Array.from(model?.dispersionByHorizon?.horizons ?? [])).toEqual([6, 24, 72]);
    // Events in threes: the variance is three times the mean, the chance of none that of a third of the mean, which a
    // dispersion of 6.7 gives. The likelihood lies between the two.
    for (const phi of model?.dispersionByHorizon?.values ?? []) {
      expect(phi).toBeGreaterThan(3);
      expect(phi).toBeLessThan(6.7);
    }
    expect(baseline).not.toHaveProperty('dispersionByHorizon');
    expect(model?.numberTest.dispersion).toBeGreaterThan(1.5);
  });

  it('reports progress up to 1, and stops when asked', async () => {
    const seen: BacktestProgress[] = [];
    const control = new AbortController();
    const stop = new Error('enough');
    await runBacktest({ ...PLAN, origins: 4 }, { onProgress: (p) => seen.push(p) });
    expect(seen.map((p) => p.fraction)).toEqual([...Array.from({ length: 12 }, (_, i) => i / 12), 1]);
    expect(seen[0]?.message).toBe('window 1 of 4: oracle, fitting');
    let calls = 0;
    const running = runBacktest(PLAN, {
      signal: control.signal,
      onProgress: () => {
        if (++calls === 5) control.abort(stop);
      },
    });
    await expect(running).rejects.toBe(stop);
    expect(calls).toBe(5);
    await expect(runBacktest(PLAN, { signal: AbortSignal.abort(stop) })).rejects.toBe(stop);
  });

  it('takes windows without any event', async () => {
    const result = await runBacktest({ ...PLAN, events: seriesOf([]), origins: 3 });
    expect(result.events).toBe(0);
    expect(result.scores[1]).toMatchObject({ observed: 0, impossible: 0 });
    expect(result.scores[1]).not.toHaveProperty('pointScore');
    expect(result.scores[1]?.area[0]?.pai).toBeNaN();
    expect(beatsBaselines(result)).toMatchObject({ passes: false, reason: 'no event fell into the test windows' });
  });

  it.each([
    [{ horizon: 0 }, 'horizon'],
    [{ origins: 0 }, 'origins'],
    [{ origins: 100_000 }, 'origins'],
    [{ step: 12 }, 'step'],
    [{ refitEvery: 0 }, 'refitEvery'],
    [{ trainHours: -1 }, 'trainHours'],
    [{ to: Number.NaN }, 'to'],
    [{ forecasters: [] }, 'forecasters'],
    [{ forecasters: [oracle(), oracle()] }, 'forecasters[1].name'],
    [{ dispersionHorizons: [24, 0] }, 'dispersionHorizons[1]'],
    [{ areaShares: [2] }, 'areaShare'],
    [{ events: { ...EVENTS, mark: new Float64Array(1) } }, 'events.mark'],
  ] satisfies [Partial<BacktestPlan>, string][])('names what is wrong in a plan (%#)', async (change, argument) => {
    await expect(runBacktest({ ...PLAN, ...change })).rejects.toThrow(expect.objectContaining({ argument }));
  });

  it.each([
    ['a short answer', new Float64Array(3)],
    ['NaN', new Float64Array(FRAME.size).fill(Number.NaN)],
    ['a negative count', new Float64Array(FRAME.size).fill(-1)],
  ])('names the forecaster that gives %s', async (_, answer) => {
    const broken: Forecaster = { name: 'broken', role: 'model', fit: () => ({ expected: () => answer }) };
    await expect(runBacktest({ ...PLAN, forecasters: [broken] })).rejects.toThrow('broken gave');
  });
});

describe('beatsBaselines', () => {
  it('passes the truth and refuses what is worse than a baseline, the worst first', async () => {
    expect(beatsBaselines(await runBacktest(PLAN))).toMatchObject({
      passes: true,
      losesTo: [],
      unproven: [],
      reason: 'gains on every baseline',
    });
    const verdict = beatsBaselines(
      await runBacktest({ ...PLAN, forecasters: [oracle(20), ...PLAN.forecasters.slice(1)] }),
    );
    expect(verdict.passes).toBe(false);
    expect(verdict.losesTo.map((s) => s.baseline)).toEqual(['historical', 'uniform']);
    expect(verdict.reason).toMatch(/^loses to historical \(-\d/);
  });

  it('says where a gain is not beyond doubt', async () => {
    const baseline = baselineForecaster({
      name: 'almost',
      fit: () =>
        rateForecast(
          'almost',
          TRUTH.map((r, c) => r * (c % 2 === 0 ? 1.02 : 0.98)),
        ),
    });
    const result = await runBacktest({ ...PLAN, forecasters: [oracle(), baseline], origins: 4 });
    const verdict = beatsBaselines(result);
    expect([...verdict.losesTo, ...verdict.unproven].map((s) => s.baseline)).toEqual(['almost']);
  });

  it('refuses a model that called an event impossible', async () => {
    const blind: Forecaster = {
      name: 'blind',
      role: 'model',
      fit: () => ({ expected: () => new Float64Array(FRAME.size) }),
    };
    const result = await runBacktest({ ...PLAN, forecasters: [blind, ...PLAN.forecasters.slice(1)], origins: 5 });
    expect(result.scores[0]?.impossible).toBe(result.events);
    expect(result.scores[0]?.logScore).toBe(-Infinity);
    expect(result.comparisons[0]).not.toHaveProperty('pointGain');
    expect(beatsBaselines(result)).toMatchObject({ passes: false });
    expect(compareForecasts({ rates: [0, 1], total: 1 }, { rates: [1, 0], total: 1 }).gain.gain).toBeNaN();
    expect(compareForecasts({ rates: [1, 1], total: 1 }, { rates: [1, 0], total: 1 }).gain.verdict).toBe(1);
  });

  it('needs a model and a baseline', async () => {
    const alone = await runBacktest({ ...PLAN, forecasters: [oracle()], origins: 2 });
    expect(beatsBaselines(alone)).toMatchObject({ passes: false, reason: 'there was no baseline to compare with' });
    expect(() => beatsBaselines(alone, 'other')).toThrow('no forecaster named "other"');
    const two = await runBacktest({
      ...PLAN,
      forecasters: [oracle(), oracle(2, 'second'), ...PLAN.forecasters.slice(1)],
      origins: 2,
    });
    expect(() => beatsBaselines(two)).toThrow('has 2 models');
    expect(beatsBaselines(two, 'oracle').passes).toBe(true);
  });
});

describe('the process model in a backtest', () => {
  /** Background plus successors: two of three events set off one more, in the same cell within hours. */
  function excited(seed: number): EventSeries {
    const source = createRandom(seed);
    const first = poissonEvents(
      TRUTH.map((r) => r / 3),
      FROM,
      TO,
      seed,
    );
    const events: { time: number; cell: number; mark: number }[] = [];
    first.time.forEach((start, i) => {
      let time = start;
      do {
        events.push({ time, cell: first.cell[i] as number, mark: 0 });
        time += 20 * source.exponential();
      } while (time < TO && source.next() < 2 / 3);
    });
    return seriesOf(events);
  }

  it('beats every baseline where events excite each other', { timeout: 60_000 }, async () => {
    const model = processForecaster({ region: REGION, fit: { season: 'off', marks: 'off', maxIterations: 40 } });
    const forecasters = [model, ...standardForecasters()];
    expect(forecasters.slice(1).map((f) => f.name)).toEqual(standardBaselines().map((b) => b.name));
    const result = await runBacktest({ ...PLAN, events: excited(3), forecasters, origins: 30, refitEvery: 30 });
    const verdict = beatsBaselines(result);
    expect(verdict).toMatchObject({ passes: true, losesTo: [] });
    expect(result.scores[0]?.parameters['branching_ratio']).toBeGreaterThan(0.4);
    const historical = result.comparisons.find((c) => c.forecaster === 'model' && c.baseline === 'historical');
    expect(historical?.gain.verdict).toBe(1);
    // Within a day most successors follow events of the same day: knowing them, the gain is larger.
    expect(historical?.pointGain?.gain).toBeGreaterThan(historical?.gain.gain as number);
  });

  it('must stand on the cells of the frame, in whole hours', async () => {
    const small = buildRegion(REGION.cells.slice(0, 20), { addNeighbours: false });
    const run = (forecaster: Forecaster, horizon = 24) =>
      runBacktest({ ...PLAN, horizon, forecasters: [forecaster], origins: 1 });
    await expect(run(processForecaster({ region: small }))).rejects.toThrow('region has 20 cells');
    const quick = { season: 'off', marks: 'off', maxIterations: 2 } as const;
    await expect(run(processForecaster({ region: REGION, fit: quick }), 1.5)).rejects.toThrow('whole hours');
  });

  it('ends its fit with the reason given to the signal', () => {
    const model = processForecaster({ region: REGION, fit: { season: 'off', marks: 'off' } });
    const train = { frame: FRAME, events: EVENTS, from: FROM, to: TO };
    const reason = new Error('shutting down');
    expect(() => model.fit(train, AbortSignal.abort(reason))).toThrow(reason);
  });
});
