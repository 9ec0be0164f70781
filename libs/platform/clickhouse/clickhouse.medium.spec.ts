import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { register } from 'prom-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { startClickHouseHttp } from '#testing';
import { toAppError } from '../http/problem.filter.js';
import { RequestContext, runInContext } from '../http/request-context.js';
import { ClickHouse, defineQuery } from './clickhouse.js';

const LANES = 4;
const CONFIG = { CLICKHOUSE_READ_CONNECTIONS: LANES, CLICKHOUSE_QUERY_TIMEOUT_MS: 60_000 };

let embedded: ClickHouse;
let remote: ClickHouse;

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'strisk-clickhouse-'));
  const server = await startClickHouseHttp();
  embedded = new ClickHouse({ clickhouse: { embeddedPath: join(directory, 'data') } }, CONFIG);
  remote = new ClickHouse({ clickhouse: { url: server.url } }, CONFIG);
  return async () => {
    await embedded.onApplicationShutdown();
    await remote.onApplicationShutdown();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
});

const one = defineQuery<{ text: string; n: number }, { text: string; n: number }>(
  'test.one',
  'SELECT {text:String} AS text, {n:Int32} AS n',
);
const all = defineQuery<Record<string, unknown>, Record<string, unknown>>(
  'test.all',
  `SELECT hex({text:String}) AS text, {whole:Int64} AS whole, {big:UInt64} AS big, {part:Float64} AS part,
          {flag:UInt8} AS flag, isNull({none:Nullable(String)}) AS none, arrayMap(x -> hex(x), {texts:Array(String)}) AS texts,
          {numbers:Array(UInt64)} AS numbers, {parts:Array(Float64)} AS parts`,
);
/** Some ten seconds of one core. */
const heavy = defineQuery<{ seed: number; mark: string }, { h: string }>(
  'test.heavy',
  'SELECT sum(cityHash64(number, {seed:UInt64})) AS h, {mark:String} AS mark FROM numbers(6000000000) SETTINGS max_threads = 1',
);
const running = defineQuery<Record<string, never>, { n: number }>(
  'test.running',
  `SELECT toUInt32(count()) AS n FROM system.processes WHERE query LIKE '%numbers(6000000000)%' AND query NOT LIKE '%system.processes%'`,
);

function request(options: { namespace?: string; deadlineMs?: number } = {}): RequestContext {
  const context = new RequestContext('test');
  context.namespaceId = options.namespace;
  context.allow(options.deadlineMs ?? 60_000);
  return context;
}

/**
 * Heavy queries that run. Of the embedded engine it is the lanes that are held, for they are held until it has ended:
 * its own list keeps the last query of a connection until that has another one.
 */
async function howMany(of: ClickHouse): Promise<number> {
  if (of === remote) return (await of.query(running, {}))[0]?.n ?? 0;
  const metric = await register.getSingleMetricAsString('strisk_clickhouse_lanes');
  return Number(/line="read",state="in_use"\} (\d+)/.exec(metric)?.[1]);
}
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await setImmediate();
}

const NASTY = [
  '',
  "'",
  '\\',
  "\\'",
  "'; DROP TABLE x; --",
  '\0\b\f\n\r\t',
  '\\N',
  '{n:Int32}',
  '/* */',
  'äöü 漢 🔥',
  '%',
  '`"',
];

describe.each([
  ['the embedded engine', () => embedded],
  ['a server', () => remote],
] as const)('parameters of %s', (_, client) => {
  it.each(NASTY.map((text) => [JSON.stringify(text), text]))('come as they were sent: %s', async (_name, text) => {
    const hex = Buffer.from(text).toString('hex').toUpperCase();
    const [row] = await client().query(all, {
      text,
      whole: -9_007_199_254_740_991,
      big: 18_446_744_073_709_551_615n,
      part: 1e-300,
      flag: true,
      none: null,
      texts: [text, `x${text}y`],
      numbers: [0, 18_446_744_073_709_551_615n],
      parts: [0.1, -1e300, 3],
    });
    expect(row).toEqual({
      text: hex,
      whole: '-9007199254740991',
      big: '18446744073709551615',
      part: 1e-300,
      flag: 1,
      none: 1,
      texts: [hex, `78${hex}79`],
      numbers: ['0', '18446744073709551615'],
      parts: [0.1, -1e300, 3],
    });
  });

  it('are each query’s own, however many run at once', async () => {
    // Twice as many as there are lanes at any time: who waits too long for one is turned away, which is no matter here.
    let next = 0;
    const asker = async () => {
      for (let n = next++; n < 400; n = next++)
        expect(await client().query(one, { text: `'${n}\\`, n })).toEqual([{ text: `'${n}\\`, n }]);
    };
    await Promise.all(Array.from({ length: 2 * LANES }, asker));
    expect(next).toBeGreaterThanOrEqual(400);
  });
});

describe('parameters of the embedded engine', () => {
  it('are refused where they cannot be written, and cost nobody a lane', async () => {
    for (let i = 0; i < 2 * LANES; i++)
      await expect(embedded.query(one, { text: {} as string, n: 1 })).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await embedded.query(one, { text: 'x', n: 1 })).toEqual([{ text: 'x', n: 1 }]);
  });

  it('may hold anything a text may hold', async () => {
    const texts = Array.from({ length: 200 }, () =>
      String.fromCodePoint(...Array.from({ length: 20 }, () => Math.floor(Math.random() * 0xd7ff))),
    );
    const [row] = await embedded.query(
      defineQuery<{ texts: string[] }, { texts: string[] }>('test.texts', 'SELECT {texts:Array(String)} AS texts'),
      { texts },
    );
    expect(row?.texts).toEqual(texts);
  });
});

describe.each([
  ['the embedded engine', () => embedded],
  ['a server', () => remote],
] as const)('queries to %s', (_, client) => {
  it('with parameters run side by side', async () => {
    const long = request({ namespace: 'a' });
    void long.signal;
    const query = runInContext(long, () => client().query(heavy, { seed: 1, mark: 'beside' }));
    query.catch(() => undefined);
    await until(async () => (await howMany(client())) === 1);
    expect(await client().query(one, { text: 'small', n: 1 })).toHaveLength(1);
    expect(await howMany(client())).toBe(1);
    long.abandon();
    await expect(query).rejects.toThrow('The client has gone');
    await until(async () => (await howMany(client())) === 0);
  });

  it('end with the deadline of their request, and are stopped where they run', async () => {
    const late = request({ deadlineMs: 300 });
    const query = runInContext(late, () => client().query(heavy, { seed: 2, mark: 'late' }));
    await expect(query).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await until(async () => (await howMany(client())) === 0);
  });

  it('do not begin when it is over', async () => {
    const gone = request();
    void gone.signal;
    gone.abandon();
    const query = runInContext(gone, () => client().query(heavy, { seed: 3, mark: 'never' }));
    await expect(query).rejects.toThrow('The client has gone');
    expect(await howMany(client())).toBe(0);
  });

  it('of one namespace leave room for those of others', async () => {
    const greedy = request({ namespace: 'greedy' });
    void greedy.signal;
    const flood = Array.from({ length: 20 }, (_none, seed) =>
      runInContext(greedy, () => client().query(heavy, { seed, mark: 'greedy' })),
    );
    for (const query of flood) query.catch(() => undefined);
    await until(async () => (await howMany(client())) === LANES / 2);
    const other = request({ namespace: 'other' });
    expect(await runInContext(other, () => client().query(one, { text: 'x', n: 1 }))).toHaveLength(1);
    expect(await howMany(client())).toBe(LANES / 2);
    expect(await register.getSingleMetricAsString('strisk_clickhouse_lanes')).toMatch(
      /strisk_clickhouse_lanes\{line="read",state="waiting"\} 18/,
    );
    // The other half of them is turned away at once when the line is full.
    const more = Array.from({ length: 2 * 25 }, (_none, seed) =>
      runInContext(greedy, () => client().query(heavy, { seed, mark: 'greedy' })).catch(
        (error: unknown) => toAppError(error).code,
      ),
    );
    greedy.abandon();
    expect(await Promise.all(more)).toContain('OVERLOADED');
    expect((await Promise.allSettled(flood)).every(({ status }) => status === 'rejected')).toBe(true);
    await until(async () => (await howMany(client())) === 0);
  });
});
