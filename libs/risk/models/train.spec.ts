import { latLngToCell } from 'h3-js';
import { beforeAll, describe, expect, it } from 'vitest';
import { modelScores } from '#contracts';
import { type CityEvent, CITY_RESOLUTION, CITY_TIME_ZONE, CodecError, deserialiseState, simulateCity } from '#forecast';
import { type Artefact, decodeArtefact, encodeArtefact } from './artefact.js';
import { train, type TrainInput, type TrainOutput } from './train.js';

const DAY = 86_400_000;
const now = Date.parse('2026-02-15T09:00:00Z');
const DAYS = 24;
const plan = { windows: 4, horizon: 24 };
const city = simulateCity({ now: new Date(now), seed: 4, days: DAYS }).events;
type Trained = Exclude<TrainOutput, { refused: string }>;

/** What `TrainingData.read` would give of these events. */
function historyOf(events: readonly CityEvent[], amountOf: (event: CityEvent) => number | null = (one) => one.amount) {
  return JSON.stringify([
    events.map(({ timestamp }) => Date.parse(timestamp)),
    events.map(({ lat, lon }) => latLngToCell(lat, lon, CITY_RESOLUTION)),
    events.map(amountOf),
    events.map(({ event_id }) => event_id),
  ]);
}

const inputOf = (history: string, changes: Partial<TrainInput> = {}): TrainInput => ({
  history,
  timeZone: CITY_TIME_ZONE,
  amountKind: 'amount',
  from: null,
  to: null,
  now,
  backtest: plan,
  ...changes,
});

async function trained(history: string, changes: Partial<TrainInput> = {}): Promise<Trained> {
  const output = await train(inputOf(history, changes), () => undefined);
  if ('refused' in output) throw new Error(output.refused);
  return output;
}

describe('a training on a feed', () => {
  let output: Trained;
  let artefact: Artefact;
  const progress: number[] = [];

  beforeAll(async () => {
    const result = await train(inputOf(historyOf(city)), (fraction) => void progress.push(fraction));
    if ('refused' in result) throw new Error(result.refused);
    output = result;
    artefact = decodeArtefact(output.artefact);
  }, 60_000);

  it('learns from the first event to now', () => {
    expect(output.trainedFrom).toBeCloseTo(Date.parse(city[0]?.timestamp ?? ''), 0);
    expect(output.trainedTo).toBeCloseTo(now, 0);
    expect(output.events).toBe(city.length);
    expect(output.dataUntil).toBeCloseTo(Date.parse(city.at(-1)?.timestamp ?? ''), 0);
    expect(output.notes.join()).not.toContain('The data ended');
    expect(output.notes[0]).toContain('forecasts reports');
  });

  it('brings the state to the last event, with all of them in it', () => {
    const state = deserialiseState(output.state, artefact.model);
    expect(state.events).toBe(city.length);
    expect(state.time * 3_600_000).toBeCloseTo(Date.parse(city.at(-1)?.timestamp ?? ''), 0);
  });

  it('gives a card: branching under 1, parameters, diagnostics, and scores beside every baseline', () => {
    expect(output.branchingRatio).toBeGreaterThanOrEqual(0);
    expect(output.branchingRatio).toBeLessThan(1);
    expect(output.parameters).toMatchObject({ mark_scale: 'log1p', branching_ratio: output.branchingRatio });
    expect(output.parameters.background_per_day).toBeGreaterThan(10);
    expect(output.diagnostics.iterations).toBeGreaterThan(0);
    const scores = modelScores.parse(output.scores);
    expect(scores.windows).toBe(plan.windows);
    expect(scores.forecasters.map(({ name }) => name)).toContain('model');
    expect(scores.forecasters).toHaveLength(6);
    expect(scores.forecasters.find(({ name }) => name === 'uniform')?.information_gain).toBeGreaterThan(0);
    // The card is kept as JSON: nothing in it may be lost there.
    expect(JSON.parse(JSON.stringify(output.parameters))).toEqual(output.parameters);
    expect(Date.parse(scores.to)).toBeLessThanOrEqual(now);
  });

  it('tells how far it is, and never goes back', () => {
    expect(progress.length).toBeGreaterThan(5);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBeLessThanOrEqual(1);
  });

  it('leaves an artefact that comes back as it was', () => {
    const copy = decodeArtefact(encodeArtefact(artefact));
    const parts = ({ model, ...rest }: Artefact) => ({
      ...rest,
      kernel: model.kernel,
      background: model.background,
      season: model.season,
      dispersion: model.dispersion,
      cells: [...model.region.cells],
    });
    expect(parts(copy)).toEqual(parts(artefact));
    expect(copy.severity?.kind).toBe('amount');
    expect(decodeArtefact(encodeArtefact({ ...artefact, severity: undefined })).severity).toBeUndefined();
  });

  it('leaves an artefact in which damage is found', () => {
    const bytes = output.artefact;
    for (const at of [0, 5, 9, 30, Math.floor(bytes.length / 2), bytes.length - 8]) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x41;
      expect(() => decodeArtefact(damaged), `byte ${at}`).toThrow(CodecError);
    }
    for (const length of [0, 10, 27, bytes.length - 8, bytes.length - 1])
      expect(() => decodeArtefact(bytes.slice(0, length)), `${length} bytes`).toThrow(CodecError);
    expect(() => decodeArtefact(Buffer.concat([bytes, Buffer.alloc(8)]))).toThrow(CodecError);
  });
});

describe('the span to learn from', () => {
  const small = city.filter((_, i) => i % 4 === 0);
  const noTest = { backtest: { windows: 1, horizon: 24 } };

  it('ends with a history that has ended, and the card says so', async () => {
    const later = now + 100 * DAY;
    const output = await trained(historyOf(small), { now: later, ...noTest });
    const last = Date.parse(small.at(-1)?.timestamp ?? '');
    expect(output.trainedTo - last).toBeGreaterThan(0);
    expect(output.trainedTo - last).toBeLessThan(5_000);
    expect(output.events).toBe(small.length);
    expect(output.notes.join()).toContain('The data ended 100 days before the training');
  }, 30_000);

  it('is what the client named, though the state holds everything', async () => {
    const from = now - 15 * DAY;
    const to = now - 5 * DAY;
    const output = await trained(historyOf(small), { from, to, ...noTest });
    expect([output.trainedFrom, output.trainedTo].map(Math.round)).toEqual([from, to]);
    expect(output.events).toBe(
      small.filter(({ timestamp }) => Date.parse(timestamp) >= from && Date.parse(timestamp) < to).length,
    );
    expect(output.events).toBeLessThan(small.length);
    expect(deserialiseState(output.state, decodeArtefact(output.artefact).model).events).toBe(small.length);
    expect(output.notes.join()).not.toContain('The data ended');
    expect(output.scores).toBeNull();
    expect(output.notes.join()).toContain('too short to test');
  }, 30_000);

  it('with too few events is refused, and says how many there are', async () => {
    const refused = async (history: string, changes: Partial<TrainInput> = {}) =>
      train(inputOf(history, { ...noTest, ...changes }), () => undefined);
    expect(await refused(historyOf(city.slice(0, 99)))).toEqual({
      refused: 'There are 99 events to learn from; at least 100 are needed',
    });
    expect(await refused('')).toMatchObject({ refused: expect.stringContaining('There are 0 events') as string });
    expect(await refused(historyOf(city), { from: now + DAY })).toMatchObject({
      refused: expect.stringContaining('There are 0 events') as string,
    });
  });
});

describe('what the events are worth', () => {
  const small = city.filter((_, i) => i % 4 === 0);
  const noTest = { backtest: { windows: 1, horizon: 24 } };

  it('days without hours are spread, nothing is learnt of hours, and the card says so', async () => {
    const byDay = small.map((event) => ({ ...event, timestamp: `${event.timestamp.slice(0, 10)}T06:00:00.000Z` }));
    const output = await trained(historyOf(byDay), noTest);
    const artefact = decodeArtefact(output.artefact);
    expect(artefact.resolution).toMatchObject({ resolution: 'day', hourUsable: false, midnightZone: 'local' });
    expect(artefact.model.season).toBeNull();
    expect(output.notes.join()).toContain('carry a day and no hour');
    expect(output.notes.join()).not.toContain('No rhythm of the week');
  }, 30_000);

  it('amounts are none where the namespace says so, or none is there', async () => {
    for (const output of [
      await trained(historyOf(small), { ...noTest, amountKind: 'none' }),
      await trained(
        historyOf(small, () => null),
        noTest,
      ),
      await trained(
        historyOf(small, () => 0),
        noTest,
      ),
    ]) {
      const artefact = decodeArtefact(output.artefact);
      expect([artefact.markScale, artefact.severity]).toEqual(['none', undefined]);
      expect(output.parameters.severity).toBeNull();
    }
  }, 60_000);

  it('magnitudes are marks as they are, and cost nothing', async () => {
    const output = await trained(
      historyOf(small, ({ amount }) => Math.log10(1 + amount)),
      { ...noTest, amountKind: 'magnitude' },
    );
    const artefact = decodeArtefact(output.artefact);
    expect([artefact.markScale, artefact.severity]).toEqual(['identity', undefined]);
  }, 30_000);

  it('events without an amount are said to cost as much as the others', async () => {
    const missing = Math.ceil(small.length / 10);
    const silent = new Set(small.slice(0, missing));
    const output = await trained(
      historyOf(small, (event) => (silent.has(event) ? null : event.amount)),
      noTest,
    );
    expect(output.notes.join()).toContain(`${missing} events carry no amount`);
  }, 30_000);
});
