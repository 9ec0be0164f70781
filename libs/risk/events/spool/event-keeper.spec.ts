import { describe, expect, it } from 'vitest';
import { AppError } from '#platform';
import type { EventRow } from '../event-row.js';
import { type EventStore, SpoolIsAhead } from '../event-store.js';
import type { IngestSignal } from '../ingest-signal.js';
import { EventKeeper } from './event-keeper.js';
import type { IngestSpool } from './ingest-spool.js';
import type { StoreWatch } from './store-watch.js';

const rows = (...ids: string[]): EventRow[] =>
  ids.map((eventId) => ({
    eventId,
    eventType: `type-${eventId}`,
    time: 0,
    lat: 0,
    lon: 0,
    cell: '',
    amount: null,
    entityId: '',
    attrs: '{}',
  }));
const away = () => new AppError('UNAVAILABLE', 'away');

/** Stores in memory. `write` is what ClickHouse does; the spool holds what is put there until `emptied`. */
function harness(write: (ids: string[]) => Promise<boolean[]> = (ids) => Promise.resolve(ids.map(() => true))) {
  const spooled: string[][] = [];
  const signals: string[][] = [];
  const written: string[][] = [];
  const world = { away: false, full: false, ahead: false, emptied: () => void spooled.splice(0) };
  const store: Pick<EventStore, 'write'> = {
    write: (_namespace, batch) => {
      if (spooled.length > 0 || world.ahead) return Promise.reject(new SpoolIsAhead());
      const ids = batch.map(({ eventId }) => eventId);
      written.push(ids);
      return write(ids);
    },
  };
  const spool: Pick<IngestSpool, 'add'> = {
    add: (_namespace, batch, { onlyBehind }) => {
      if (world.full) return Promise.reject(new AppError('INGEST_SPOOL_FULL', 'full'));
      world.ahead = false;
      if (onlyBehind && spooled.length === 0) return Promise.resolve(false);
      spooled.push(batch.map(({ eventId }) => eventId));
      return Promise.resolve(true);
    },
  };
  const watch = {
    get away() {
      return world.away;
    },
    run: (work: (signal: AbortSignal) => Promise<unknown>) => work(new AbortController().signal),
  };
  const signal: Pick<IngestSignal, 'ingested'> = { ingested: (_namespace, types) => void signals.push([...types]) };
  const keeper = new EventKeeper(
    store as EventStore,
    spool as IngestSpool,
    watch as unknown as StoreWatch,
    signal as IngestSignal,
  );
  return { keeper, world, spooled, written, signals };
}

describe('events are kept', () => {
  it('in the store while it takes them, and surfaces hear of what is new', async () => {
    const { keeper, spooled, signals } = harness(() => Promise.resolve([true, false]));
    expect(await keeper.keep('n', rows('a', 'b'), Infinity)).toEqual({ isNew: [true, false], buffered: false });
    expect([spooled, signals]).toEqual([[], [['type-a']]]);
  });

  it('nowhere where the disk is full, and the sender hears of it', async () => {
    const { keeper, spooled } = harness(() => Promise.reject(new AppError('STORAGE_FULL', 'so')));
    await expect(keeper.keep('n', rows('a'), Infinity)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(spooled).toEqual([]);
  });

  it.each(['UNAVAILABLE', 'DEADLINE_EXCEEDED'] as const)('in the spool where the store fails with %s', async (code) => {
    const { keeper, spooled } = harness(() => Promise.reject(new AppError(code, 'so')));
    expect(await keeper.keep('n', rows('a'), Infinity)).toEqual({ isNew: [true], buffered: true });
    expect(spooled).toEqual([['a']]);
  });

  it('in the spool without asking a store that is known to be away; repeats among them once', async () => {
    const { keeper, world, spooled, written } = harness();
    world.away = true;
    expect(await keeper.keep('n', rows('a', 'b', 'a'), Infinity)).toEqual({
      isNew: [true, true, false],
      buffered: true,
    });
    expect([spooled, written]).toEqual([[['a', 'b']], []]);
  });

  it('behind what lies in the spool, until nothing does', async () => {
    const { keeper, world, spooled, written } = harness();
    world.away = true;
    await keeper.keep('n', rows('a'), Infinity);
    world.away = false;
    expect(await keeper.keep('n', rows('b'), Infinity)).toMatchObject({ buffered: true });
    expect([spooled, written]).toEqual([[['a'], ['b']], []]);
    world.emptied();
    expect(await keeper.keep('n', rows('c'), Infinity)).toMatchObject({ buffered: false });
    expect(written).toEqual([['c']]);
  });

  it('behind what another process put there, and past it where that is written meanwhile', async () => {
    const { keeper, world, written, spooled } = harness();
    world.ahead = true;
    expect(await keeper.keep('n', rows('a'), Infinity)).toMatchObject({ buffered: false });
    expect([written, spooled]).toEqual([[['a']], []]);
  });

  it('in the spool where the caller cannot wait longer; what the store makes of them is heard all the same', async () => {
    const slow = Promise.withResolvers<boolean[]>();
    const { keeper, spooled, signals } = harness(() => slow.promise);
    expect(await keeper.keep('n', rows('a'), Date.now() + 20)).toEqual({ isNew: [true], buffered: true });
    expect(spooled).toEqual([['a']]);
    slow.resolve([true]);
    await new Promise(setImmediate);
    expect(signals).toEqual([['type-a']]);
  });
});

describe('events are not kept', () => {
  it('where the store refuses them', async () => {
    const { keeper, spooled } = harness(() => Promise.reject(new AppError('INTERNAL', 'no')));
    await expect(keeper.keep('n', rows('a'), Infinity)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(spooled).toEqual([]);
  });

  it('where the spool is full', async () => {
    const { keeper, world } = harness(() => Promise.reject(away()));
    world.full = true;
    await expect(keeper.keep('n', rows('a'), Infinity)).rejects.toMatchObject({ code: 'INGEST_SPOOL_FULL' });
    world.away = true;
    await expect(keeper.keep('n', rows('a'), Infinity)).rejects.toMatchObject({ code: 'INGEST_SPOOL_FULL' });
  });

  it('where PostgreSQL is away', async () => {
    const { keeper, spooled } = harness(() => Promise.reject(new Error('ECONNREFUSED')));
    await expect(keeper.keep('n', rows('a'), Infinity)).rejects.toThrow('ECONNREFUSED');
    expect(spooled).toEqual([]);
  });
});
