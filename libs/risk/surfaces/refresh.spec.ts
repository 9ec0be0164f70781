import { latLngToCell } from 'h3-js';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CityEvent,
  CITY_RESOLUTION,
  CITY_TIME_ZONE,
  createRandom,
  deserialiseState,
  deserialiseSurface,
  emptyState,
  serialiseState,
  simulateCity,
} from '#forecast';
import { type Artefact, decodeArtefact } from '../models/artefact.js';
import { train } from '../models/train.js';
import { LiveSurface } from './live-surface.js';
import { refresh, type RefreshOutput } from './refresh.js';

const MINUTE = 60_000;
const now = Date.parse('2026-02-15T09:00:00Z');
const events = simulateCity({ now: new Date(now), seed: 8, days: 14 }).events;
const timeOf = ({ timestamp }: CityEvent) => Date.parse(timestamp);

const historyOf = (some: readonly CityEvent[]) =>
  JSON.stringify([
    some.map(timeOf),
    some.map(({ lat, lon }) => latLngToCell(lat, lon, CITY_RESOLUTION)),
    some.map(({ amount }) => amount),
    some.map(({ event_id }) => event_id),
  ]);

let bytes: Uint8Array;
let artefact: Artefact;
let empty: Uint8Array;

beforeAll(async () => {
  const output = await train(
    {
      history: historyOf(events.slice(0, 1500)),
      timeZone: CITY_TIME_ZONE,
      amountKind: 'amount',
      from: null,
      to: null,
      now,
      backtest: { windows: 1, horizon: 24 },
    },
    () => undefined,
  );
  if ('refused' in output) throw new Error(output.refused);
  bytes = output.artefact;
  artefact = decodeArtefact(bytes);
  empty = serialiseState(emptyState(artefact.model, 0));
}, 60_000);

const step = (state: Uint8Array, some: readonly CityEvent[], at: number): RefreshOutput =>
  refresh({ key: 'n/m-1', artefact: bytes, state, history: historyOf(some), now: at });

function expectClose(a: ArrayLike<number>, b: ArrayLike<number>): void {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < a.length; i++)
    expect(Math.abs((a[i] ?? 0) - (b[i] ?? 0))).toBeLessThanOrEqual(1e-9 * Math.abs(b[i] ?? 0) + 1e-25);
}

describe('a refresh', () => {
  it('step by step comes to what it comes to from the whole history at once, also for late events', () => {
    const whole = step(empty, events, now);
    const random = createRandom(2);
    const late = new Set(Array.from({ length: 60 }, () => random.integer(events.length)));
    const inTime = events.filter((_, i) => !late.has(i));
    let state = empty;
    let absorbed = 0;
    let last: RefreshOutput | undefined;
    for (let at = 0; at < inTime.length;) {
      const size = 1 + random.integer(400);
      const batch = inTime.slice(at, at + size);
      at += size;
      last = step(state, batch, Math.max(...batch.map(timeOf)) + MINUTE);
      state = last.state;
      absorbed += last.absorbed;
    }
    last = step(
      state,
      events.filter((_, i) => late.has(i)),
      now,
    );
    expect(absorbed + last.absorbed).toBe(whole.absorbed);
    const [one, other] = [deserialiseState(last.state, artefact.model), deserialiseState(whole.state, artefact.model)];
    expect(one.events).toBe(other.events);
    expectClose(one.values, other.values);
    const surfaces = [last, whole].map(({ surface }) => deserialiseSurface(surface, artefact.model.region));
    const head = {
      namespaceId: 'n',
      eventType: 't',
      version: 1,
      modelVersion: 'm',
      issuedAt: new Date(),
      dataUntil: new Date(),
    };
    const [a, b] = [last, whole].map(({ surface }) => new LiveSurface(head, surface, artefact).view(24).slice);
    expect(surfaces[0]?.region.size).toBe(artefact.model.region.size);
    expectClose(a?.expectedCount ?? [], b?.expectedCount ?? [1]);
    expect(Math.max(...(b?.expectedCount ?? []))).toBeGreaterThan(0);
  });

  it('without new events moves time alone: what happened fades', () => {
    const before = step(empty, events, now);
    const after = step(before.state, [], now + 60 * MINUTE);
    expect(after).toMatchObject({ absorbed: 0, outside: 0, newest: null });
    // The state stands at its newest event; the hour is in the surface.
    expect(after.state).toEqual(before.state);
    expect(after.surface).not.toEqual(before.surface);
  });

  it('counts what lies outside the region, and names the newest event', () => {
    const last = events.at(-1);
    if (!last) throw new Error('no events');
    const far = { ...last, event_id: 'far', lat: 10, lon: 10, timestamp: new Date(timeOf(last) + 1).toISOString() };
    const output = step(empty, [last, far], now);
    expect(output).toMatchObject({ absorbed: 1, outside: 1 });
    expect(Math.round(output.newest ?? 0)).toBe(timeOf(far));
  });

  it('takes an event of a clock that runs ahead as one of now', () => {
    const [first] = events;
    if (!first) throw new Error('no events');
    const ahead = { ...first, timestamp: new Date(now + 4 * MINUTE).toISOString() };
    const state = deserialiseState(step(empty, [ahead], now).state, artefact.model);
    expect(state.time).toBe(now / 3_600_000);
  });

  it('knows the artefacts of several models apart', () => {
    const one = refresh({ key: 'a', artefact: bytes, state: empty, history: '', now });
    expect(() => refresh({ key: 'b', artefact: new Uint8Array(40), state: empty, history: '', now })).toThrow();
    expect(refresh({ key: 'a', artefact: new Uint8Array(0), state: empty, history: '', now }).surface).toEqual(
      one.surface,
    );
  });
});
