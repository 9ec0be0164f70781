import { describe, expect, it, vi } from 'vitest';
import type { NamespaceEntity } from '#access';
import type { IngestAnswer } from '#contracts';
import { CsvReader, NdjsonReader } from './bulk-formats.js';
import type { EventRow } from './event-row.js';
import type { GroupCommit } from './group-commit.js';
import { IngestService } from './ingest.service.js';

const namespace: NamespaceEntity = {
  namespaceId: 'n',
  name: 'N',
  h3Resolution: 7,
  timeZone: 'UTC',
  levels: { MODERATE: 0.1, HIGH: 0.2, CRITICAL: 0.3 },
  amountKind: 'amount',
  retention: { events_days: null, assessments_days: null, risks_days: null },
  createdAt: new Date(0),
  version: 1,
};
const event = (id: string, changes: Record<string, unknown> = {}) => ({
  event_id: id,
  timestamp: '2020-01-01T00:00:00Z',
  lat: 43.7,
  lon: -79.4,
  event_type: 'fire',
  ...changes,
});

/** Keeps ids once, in memory, in batches as they came. */
function harness(fail?: (batch: number) => void, directBatches = Infinity) {
  const batches: EventRow[][] = [];
  const known = new Set<string>();
  let writing = 0;
  const commits: Pick<GroupCommit, 'write'> = {
    write: async (_namespaceId, rows) => {
      if (rows.length === 0) return { isNew: [], buffered: false };
      expect(++writing).toBe(1);
      await new Promise(setImmediate);
      writing--;
      fail?.(batches.length);
      batches.push([...rows]);
      const isNew = rows.map(({ eventId }) => !known.has(eventId) && known.add(eventId) !== undefined);
      return { isNew, buffered: batches.length > directBatches };
    },
  };
  return { batches, known, ingest: new IngestService(commits as GroupCommit) };
}

async function* stream(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) {
    await Promise.resolve();
    yield Buffer.from(text);
  }
}

const ndjson = (...events: unknown[]) => events.map((one) => `${JSON.stringify(one)}\n`).join('');
const nothing = () => undefined;

describe('the events of one request', () => {
  it('are counted as new, repeated or refused by their place', async () => {
    const { ingest, known } = harness();
    const answer = await ingest.ingest(namespace, [event('a'), event('b', { lat: 91, lon: 100 }), event('a'), null]);
    expect(answer).toMatchObject({ accepted: 1, duplicates: 1, rejected_total: 2, buffered: false });
    expect(answer.rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'EVENT_LAT_OUT_OF_RANGE'],
      [3, 'EVENT_MALFORMED'],
    ]);
    expect([...known]).toEqual(['a']);
  });

  it('list at most 1,000 refusals and count all', async () => {
    const { ingest } = harness();
    const answer = await ingest.ingest(
      namespace,
      Array.from({ length: 2_500 }, () => null),
    );
    expect([answer.rejected.length, answer.rejected_total]).toEqual([1_000, 2_500]);
  });
});

describe('the events of a stream', () => {
  it('are counted, with the line of each that is refused', async () => {
    const { ingest, known } = harness();
    const source = stream(
      ndjson(event('a'), event('b', { timestamp: '2020-01-01' })),
      'not json\n\n',
      ndjson(event('c'), event('a')),
      `${'x'.repeat(1_048_577)}\n`,
      ndjson(event('d')),
    );
    const answer = await ingest.ingestStream(namespace, source, new NdjsonReader(), nothing);
    expect(answer).toMatchObject({ accepted: 3, duplicates: 1, rejected_total: 3 });
    expect(answer.rejected.map(({ line, code, field }) => [line, code, field])).toEqual([
      [2, 'EVENT_TIME_ZONE_MISSING', 'timestamp'],
      [3, 'EVENT_MALFORMED', null],
      [7, 'EVENT_LINE_TOO_LONG', null],
    ]);
    expect([...known]).toEqual(['a', 'c', 'd']);
  });

  it('of a CSV name the lines of the file, whatever line breaks stand in quotes', async () => {
    const { ingest } = harness();
    const source = stream(
      'event_id,timestamp,lat,lon,event_type\n',
      '"a\nb",2020-01-01T00:00:00Z,1,2,f\nc,x,1,2,f\nd,"open',
    );
    const answer = await ingest.ingestStream(namespace, source, new CsvReader(), nothing);
    expect(answer.accepted).toBe(1);
    expect(answer.rejected.map(({ line, code }) => [line, code])).toEqual([
      [4, 'EVENT_TIME_INVALID'],
      [5, 'EVENT_MALFORMED'],
    ]);
  });

  it('go to the store in batches of 40,000, one at a time, and are told of as they become durable', async () => {
    const { ingest, batches } = harness();
    const told: number[] = [];
    const source = stream(
      ...Array.from({ length: 85 }, (_, i) => ndjson(...Array.from({ length: 1_000 }, (__, j) => event(`${i}-${j}`)))),
    );
    const answer = await ingest.ingestStream(
      namespace,
      source,
      new NdjsonReader(),
      ({ accepted }) => void told.push(accepted),
    );
    expect(batches.map(({ length }) => length)).toEqual([40_000, 40_000, 5_000]);
    expect(answer.accepted).toBe(85_000);
    expect(told).toEqual([40_000, 80_000, 85_000, 85_000]);
  });

  it('that breaks have been taken up to the last whole batch, and the counts say so', async () => {
    const { ingest, known } = harness();
    async function* breaking(): AsyncGenerator<Buffer> {
      yield Buffer.from(ndjson(...Array.from({ length: 40_000 }, (_, i) => event(`a${i}`)), event('never')));
      await Promise.resolve();
      throw new Error('broken');
    }
    let soFar: IngestAnswer | undefined;
    const taken = ingest.ingestStream(namespace, breaking(), new NdjsonReader(), (answer) => (soFar = answer));
    await expect(taken).rejects.toThrow('broken');
    expect([soFar?.accepted, known.size, known.has('never')]).toEqual([40_000, 40_000, false]);
  });

  it('is buffered as a whole when a batch of it was', async () => {
    const { ingest } = harness(undefined, 1);
    const told: boolean[] = [];
    const source = stream(ndjson(...Array.from({ length: 40_001 }, (_, i) => event(`a${i}`))));
    const answer = await ingest.ingestStream(
      namespace,
      source,
      new NdjsonReader(),
      ({ buffered }) => void told.push(buffered),
    );
    expect(answer).toMatchObject({ accepted: 40_001, buffered: true });
    expect(told.slice(0, 2)).toEqual([false, true]);
  });

  it('ends when the store fails, and the source is let go', async () => {
    const { ingest, known } = harness((batch) => {
      if (batch === 1) throw new Error('store down');
    });
    let ended = false;
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (let i = 0; ; i++) {
          await Promise.resolve();
          yield Buffer.from(ndjson(...Array.from({ length: 5_000 }, (_, j) => event(`${i}-${j}`))));
        }
      } finally {
        ended = true;
      }
    }
    let soFar: IngestAnswer | undefined;
    const taken = ingest.ingestStream(namespace, endless(), new NdjsonReader(), (answer) => (soFar = answer));
    await expect(taken).rejects.toThrow('store down');
    expect([ended, soFar?.accepted, known.size]).toEqual([true, 40_000, 40_000]);
  });

  it('are judged by the time at which each comes, however long the stream has been open', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2020, 0, 1) });
    try {
      const { ingest } = harness();
      async function* live(): AsyncGenerator<Buffer> {
        yield Buffer.from(ndjson(event('a', { timestamp: '2020-01-01T00:00:00Z' })));
        await Promise.resolve();
        vi.setSystemTime(Date.UTC(2020, 0, 1, 6));
        yield Buffer.from(ndjson(event('b', { timestamp: '2020-01-01T06:00:00Z' })));
        yield Buffer.from(ndjson(event('c', { timestamp: '2020-01-01T07:00:00Z' })));
      }
      const answer = await ingest.ingestStream(namespace, live(), new NdjsonReader(), nothing);
      expect(answer.accepted).toBe(2);
      expect(answer.rejected.map(({ line, code }) => [line, code])).toEqual([[3, 'EVENT_TIME_IN_FUTURE']]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('finds the events whose coordinates were exchanged among local ones', async () => {
    const { ingest } = harness();
    const local = Array.from({ length: 40 }, (_, i) => event(`m${i}`, { lat: 48.1 + i / 1_000, lon: 11.5 }));
    const source = stream(ndjson(...local, event('x', { lat: 11.5, lon: 48.1 })));
    const answer = await ingest.ingestStream(namespace, source, new NdjsonReader(), nothing);
    expect(answer).toMatchObject({ accepted: 40, rejected: [{ line: 41, code: 'EVENT_LAT_LON_SWAPPED' }] });
  });
});
