import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ClickHouseClient,
  type ClickHouseClientConfigOptions,
  ClickHouseError,
  ClickHouseLogLevel,
  createClient,
} from '@clickhouse/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startClickHouseHttp, type TestClickHouse } from './clickhouse.js';

let server: TestClickHouse;
let client: ClickHouseClient;

/** The client logs every failure it also throws; the failures here are wanted. */
function connect(options: ClickHouseClientConfigOptions): ClickHouseClient {
  return createClient({ url: server.url, log: { level: ClickHouseLogLevel.OFF }, ...options });
}

beforeAll(async () => {
  server = await startClickHouseHttp();
  client = connect({ request_timeout: 20_000 });
  await client.command({ query: 'CREATE TABLE events (id UInt64, name String) ENGINE = MergeTree ORDER BY id' });
});

afterAll(async () => {
  await client.close();
  await server.stop();
});

afterEach(async () => {
  await server.faults({});
  await client.command({ query: 'TRUNCATE TABLE events' });
});

async function count(table = 'events'): Promise<number> {
  const result = await client.query({ query: `SELECT toUInt32(count()) AS n FROM ${table}`, format: 'JSONEachRow' });
  return (await result.json<{ n: number }>())[0]?.n ?? Number.NaN;
}

describe('queries', () => {
  it('answers both kinds of ping', async () => {
    expect(await client.ping()).toEqual({ success: true });
    expect(await client.ping({ select: true })).toEqual({ success: true });
  });

  it('returns JSON with metadata, JSONEachRow and JSONCompactEachRow', async () => {
    const query = 'SELECT number AS n, toString(number) AS s FROM numbers(2)';
    const json = await (await client.query({ query, format: 'JSON' })).json();
    expect(json).toMatchObject({
      rows: 2,
      meta: [
        { name: 'n', type: 'UInt64' },
        { name: 's', type: 'String' },
      ],
    });
    const rows = await (await client.query({ query, format: 'JSONEachRow' })).json();
    expect(rows).toEqual([
      { n: 0, s: '0' },
      { n: 1, s: '1' },
    ]);
    const compact = await (await client.query({ query, format: 'JSONCompactEachRow' })).json();
    expect(compact).toEqual([
      [0, '0'],
      [1, '1'],
    ]);
  });

  it('streams rows in more than one piece', async () => {
    const result = await client.query({ query: 'SELECT number AS n FROM numbers(300000)', format: 'JSONEachRow' });
    let pieces = 0;
    let rows = 0;
    for await (const piece of result.stream<{ n: number }>()) {
      pieces += 1;
      rows += piece.length;
    }
    expect(rows).toBe(300_000);
    expect(pieces).toBeGreaterThan(1);
  });

  it('binds parameters of every shape, also those that would break out of quotes', async () => {
    const text = `it's \\ "quoted"\n\ttab; DROP TABLE events -- {n:UInt8}`;
    const result = await client.query({
      query: `SELECT {n:UInt64} AS n, {s:String} AS s, {a:Array(String)} AS a, {m:Map(String, UInt8)} AS m,
                     {t:DateTime64(3, 'UTC')} AS t, {o:Nullable(UInt8)} AS o
              FROM {db:Identifier}.{table:Identifier} LIMIT {limit:UInt8}`,
      query_params: {
        n: '18446744073709551615',
        s: text,
        a: [`a'b`, 'c\\d'],
        m: { k: 1 },
        t: new Date('2020-02-03T04:05:06.789Z'),
        o: null,
        db: 'system',
        table: 'numbers',
        limit: 1,
      },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
    });
    expect(await result.json()).toEqual([
      { n: '18446744073709551615', s: text, a: [`a'b`, 'c\\d'], m: { k: 1 }, t: '2020-02-03 04:05:06.789', o: null },
    ]);
  });

  it.each([false, true])('takes parameters of 100 KB, as a multipart form: %s', async (use_multipart_params) => {
    const cells = Array.from({ length: 5_000 }, (_, i) => `8a2b9bc71fff${i}ä`);
    const result = await client.query({
      query: 'SELECT length({cells:Array(String)}) AS n, {cells:Array(String)}[-1] AS last',
      query_params: { cells },
      format: 'JSONEachRow',
      use_multipart_params,
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    expect(await result.json()).toEqual([{ n: 5_000, last: cells.at(-1) }]);
  });

  it('keeps parameters and settings of one query from the next, also at the same time', async () => {
    const ask = async (n: number): Promise<unknown> =>
      (
        await client.query({
          query: `SELECT {n:UInt32} AS n, getSetting('max_threads') AS threads`,
          query_params: { n },
          clickhouse_settings: { max_threads: (n % 5) + 1 },
          format: 'JSONEachRow',
        })
      ).json();
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => ask(n)));
    expect(answers).toEqual(Array.from({ length: 40 }, (_, n) => [{ n, threads: (n % 5) + 1 }]));
    await expect(client.query({ query: 'SELECT {n:UInt32}' })).rejects.toMatchObject({ code: '456' });
  });

  it('uses the database of the client', async () => {
    await client.command({ query: 'CREATE DATABASE IF NOT EXISTS other' });
    const other = connect({ database: 'other' });
    const missing = connect({ database: 'missing' });
    try {
      const result = await other.query({ query: 'SELECT currentDatabase() AS d', format: 'JSONEachRow' });
      expect(await result.json()).toEqual([{ d: 'other' }]);
      await expect(missing.query({ query: 'SELECT 1' })).rejects.toMatchObject({ type: 'UNKNOWN_DATABASE' });
    } finally {
      await other.close();
      await missing.close();
    }
  });

  it.each(['gzip', 'zstd'] as const)('compresses what it sends and takes what is compressed: %s', async (codec) => {
    const compressed = connect({ compression: { request: { codec }, response: { codec } } });
    try {
      await compressed.insert({ table: 'events', values: [{ id: 1, name: 'ä'.repeat(500) }], format: 'JSONEachRow' });
      const result = await compressed.query({ query: 'SELECT id, name FROM events', format: 'JSONEachRow' });
      expect(result.response_headers['content-encoding']).toBe(codec);
      expect(await result.json()).toEqual([{ id: 1, name: 'ä'.repeat(500) }]);
    } finally {
      await compressed.close();
    }
  });
});

describe('inserts', () => {
  it('takes a stream of objects', async () => {
    const rows = Readable.from(
      Array.from({ length: 5_000 }, (_, id) => ({ id, name: `n${id}` })),
      { objectMode: true },
    );
    const { summary } = await client.insert({ table: 'events', values: rows, format: 'JSONEachRow' });
    expect(summary?.written_rows).toBe('5000');
    expect(await count()).toBe(5_000);
  });

  it('takes arrays, CSV and binary rows with line breaks in them', async () => {
    await client.insert({
      table: 'events',
      values: [
        [1, 'x'],
        [2, 'y'],
      ],
      format: 'JSONCompactEachRow',
    });
    await client.insert({
      table: 'events',
      values: Readable.from(['3,"a\nb"\n', '4,"c"\n'], { objectMode: false }),
      format: 'CSV',
    });
    const row = Buffer.concat([Buffer.from([5, 0, 0, 0, 0, 0, 0, 0, 3]), Buffer.from('\n\0z')]);
    await client.exec({
      query: 'INSERT INTO events FORMAT RowBinary',
      values: Readable.from([row.subarray(0, 4), row.subarray(4)], { objectMode: false }),
    });
    const result = await client.query({ query: 'SELECT name FROM events ORDER BY id', format: 'JSONCompactEachRow' });
    expect(await result.json()).toEqual([['x'], ['y'], ['a\nb'], ['c'], ['\n\0z']]);
  });

  it('takes nothing, and values in the statement', async () => {
    await client.insert({ table: 'events', values: Readable.from([], { objectMode: true }), format: 'JSONEachRow' });
    await client.command({ query: "INSERT INTO events VALUES (1, 'a'), (2, 'b')" });
    await client.command({ query: 'INSERT INTO events SELECT number, toString(number) FROM numbers(3)' });
    expect(await count()).toBe(5);
  });

  it('inserts nothing of a stream that breaks, and names the row that cannot be read', async () => {
    const broken = Readable.from(
      (async function* () {
        yield { id: 1, name: 'a' };
        await Promise.resolve();
        throw new Error('source broke');
      })(),
      { objectMode: true },
    );
    await expect(client.insert({ table: 'events', values: broken, format: 'JSONEachRow' })).rejects.toThrow();
    const bad = client.insert({ table: 'events', values: [{ id: 'x', name: 'a' }], format: 'JSONEachRow' });
    await expect(bad).rejects.toMatchObject({ code: '27', message: expect.stringContaining('at row 1') as string });
    expect(await count()).toBe(0);
  });

  it('drops a repeated insert with the same token where the table asks for it', async () => {
    await client.command({
      query: `CREATE TABLE once (id UInt64) ENGINE = MergeTree ORDER BY id
              SETTINGS non_replicated_deduplication_window = 100`,
    });
    const insert = (token: string) =>
      client.insert({
        table: 'once',
        values: [{ id: 1 }],
        format: 'JSONEachRow',
        clickhouse_settings: { insert_deduplication_token: token },
      });
    await insert('a');
    await insert('a');
    await insert('b');
    expect(await count('once')).toBe(2);
  });

  it('takes an insert of 100 MB, each row once', async () => {
    const block = Buffer.from(`${JSON.stringify({ id: 7, name: 'x'.repeat(990) })}\n`.repeat(1_000));
    const blocks = Readable.from(Array.from({ length: 100 }, () => block));
    const response = await fetch(
      `${server.url}/?query=${encodeURIComponent('INSERT INTO events FORMAT JSONEachRow')}`,
      {
        method: 'POST',
        body: Readable.toWeb(blocks) as ReadableStream<Uint8Array>,
        duplex: 'half',
      },
    );
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(await count()).toBe(100_000);
  }, 60_000);
});

describe('errors', () => {
  it.each([
    ['SELECT * FROM nowhere', '60', 'UNKNOWN_TABLE', 404],
    ['SELECT FROM WHERE', '62', 'SYNTAX_ERROR', 400],
    ['SELECT 1; SELECT 2', '62', 'SYNTAX_ERROR', 400],
    ["SELECT throwIf(1, 'boo')", '395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO', 500],
  ])('%s', async (query, code, type, status) => {
    const failure = await client.command({ query }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ClickHouseError);
    expect(failure).toMatchObject({ code, type });
    const raw = await fetch(server.url, { method: 'POST', body: query });
    expect(raw.status).toBe(status);
    expect(raw.headers.get('x-clickhouse-exception-code')).toBe(code);
    expect(await raw.text()).toMatch(/^Code: \d+\. DB::Exception: [\s\S]+\(\w+\) \(version 26\.[\d.]+\)\n$/);
  });

  it('refuses an unknown setting by name', async () => {
    const query = client.query({
      query: 'SELECT 1',
      clickhouse_settings: { no_such_setting: 1 },
    });
    await expect(query).rejects.toMatchObject({
      code: '115',
      message: expect.stringContaining('no_such_setting') as string,
    });
  });

  it('stops a query at max_execution_time', async () => {
    const query = client.query({
      query: 'SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1',
      clickhouse_settings: { max_execution_time: 1 },
    });
    await expect(query).rejects.toMatchObject({ code: '159', type: 'TIMEOUT_EXCEEDED' });
  });

  it('tells of an exception in the middle of a stream at its end', async () => {
    const result = await client.query({
      query: 'SELECT number AS n, throwIf(number = 250000, $$late$$) AS t FROM numbers(400000)',
      format: 'JSONEachRow',
      clickhouse_settings: { max_threads: 1 },
    });
    let rows = 0;
    const reading = (async () => {
      for await (const piece of result.stream()) rows += piece.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: '395' });
    expect(rows).toBeGreaterThan(0);
  });

  it('refuses to write over GET', async () => {
    const response = await fetch(`${server.url}/?query=${encodeURIComponent('DROP TABLE events')}`);
    expect(response.headers.get('x-clickhouse-exception-code')).toBe('164');
    expect(await count()).toBe(0);
  });
});

describe('killing, freezing, going wrong', () => {
  const endless = 'SELECT count() FROM numbers(10000000000000) WHERE sipHash64(number) = 1';

  async function running(queryId: string): Promise<number> {
    const result = await client.query({
      query: `SELECT count() AS n FROM system.processes WHERE Settings['log_comment'] = concat('query_id=', {id:String})`,
      query_params: { id: queryId },
      format: 'JSONEachRow',
    });
    return Number((await result.json<{ n: string | number }>())[0]?.n);
  }

  async function until(what: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!(await what())) {
      if (Date.now() > deadline) throw new Error('It did not come to pass within 10 s');
      await delay(50);
    }
  }

  it('kills a query by its id', async () => {
    const query = client.query({ query: endless, query_id: 'endless-1' }).catch((error: unknown) => error);
    await until(async () => (await running('endless-1')) === 1);
    await client.command({ query: 'KILL QUERY WHERE query_id = {id:String} SYNC', query_params: { id: 'endless-1' } });
    expect(await query).toMatchObject({ code: '394', type: 'QUERY_WAS_CANCELLED' });
  });

  it('kills one with parameters, whose text is not what was sent', async () => {
    const query = client
      .query({ query: `${endless} AND number > {n:Int32}`, query_id: 'endless-2', query_params: { n: -1 } })
      .catch((error: unknown) => error);
    await until(async () => (await running('endless-2')) === 1);
    await client.command({ query: "KILL QUERY WHERE query_id = 'endless-2'" });
    expect(await query).toMatchObject({ code: '394', type: 'QUERY_WAS_CANCELLED' });
  });

  it('kills what its client gave up only where the setting says so', async () => {
    const start = (query_id: string, setting: 0 | 1): AbortController => {
      const abort = new AbortController();
      client
        .query({
          query: endless,
          query_id,
          abort_signal: abort.signal,
          clickhouse_settings: { cancel_http_readonly_queries_on_client_close: setting },
        })
        .catch(() => undefined);
      return abort;
    };
    const stopped = start('given-up-1', 1);
    const goesOn = start('given-up-2', 0);
    await until(async () => (await running('given-up-1')) === 1 && (await running('given-up-2')) === 1);
    stopped.abort();
    goesOn.abort();
    await until(async () => (await running('given-up-1')) === 0);
    expect(await running('given-up-2')).toBe(1);
    await client.command({ query: "KILL QUERY WHERE query_id = 'given-up-2'" });
    await until(async () => (await running('given-up-2')) === 0);
  });

  it('keeps what was acknowledged over a kill -9', async () => {
    await client.insert({ table: 'events', values: [{ id: 1, name: 'kept' }], format: 'JSONEachRow' });
    await server.kill();
    expect((await client.ping()).success).toBe(false);
    await server.start();
    expect(await count()).toBe(1);
  });

  it('answers nothing while frozen, and goes on when thawed', async () => {
    server.freeze();
    const started = performance.now();
    const impatient = connect({ request_timeout: 300 });
    try {
      await expect(impatient.query({ query: 'SELECT 1' })).rejects.toThrow('Timeout');
      expect(performance.now() - started).toBeGreaterThan(250);
    } finally {
      server.thaw();
      await impatient.close();
    }
    expect(await client.ping()).toEqual({ success: true });
  });

  it('slows, fails and loses answers on demand', async () => {
    await server.faults({ delayMs: 200 });
    const started = performance.now();
    await count();
    expect(performance.now() - started).toBeGreaterThan(190);

    await server.faults({ failNext: { count: 1, code: 202, type: 'TOO_MANY_SIMULTANEOUS_QUERIES' } });
    await expect(count()).rejects.toMatchObject({ code: '202' });
    expect(await count()).toBe(0);

    await server.faults({ dropNext: 1 });
    const insert = client.insert({ table: 'events', values: [{ id: 1, name: 'a' }], format: 'JSONEachRow' });
    await expect(insert).rejects.toThrow();
    expect(await count()).toBe(1);
  });
});
