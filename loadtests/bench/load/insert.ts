/**
 * ClickHouse's own insert: `node insert.ts DIRECTORY FILE ROWS-A-STATEMENT` makes the platform's tables and views in the
 * directory, inserts the file's finished rows and prints what that took. What is measured begins with reading the file.
 */
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { type ClickHouseClientConfigOptions, createClient } from '@clickhouse/client';
import { riskClickHouseMigrations } from '#risk';

export interface Inserted {
  readonly rows: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const [path = '', file = '', rowsOfStatement = ''] = process.argv.slice(2);
const { createChdbConnection } = createRequire(import.meta.url)('chdb/connection') as typeof import('chdb/connection');
const connection: unknown = createChdbConnection({ path });
const client = createClient({ connection: connection as ClickHouseClientConfigOptions['connection'] });
for (const { statements } of riskClickHouseMigrations) for (const query of statements) await client.command({ query });

/** Text of so many lines each. */
async function* batches(size: number): AsyncGenerator<string[]> {
  let lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    lines.push(line);
    if (lines.length < size) continue;
    yield lines;
    lines = [];
  }
  if (lines.length > 0) yield lines;
}

const start = performance.now();
const cpu = process.cpuUsage();
for await (const lines of batches(Number(rowsOfStatement)))
  await client.exec({
    query: 'INSERT INTO events FORMAT JSONEachRow',
    // As bytes: `insert` takes objects and would write each as JSON anew.
    values: Readable.from([Buffer.from(`${lines.join('\n')}\n`)], { objectMode: false }),
    clickhouse_settings: {
      date_time_input_format: 'best_effort',
      max_partitions_per_insert_block: '0',
      deduplicate_blocks_in_dependent_materialized_views: 1,
    },
  });
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
const counted = await client.query({ query: 'SELECT count() AS events FROM events', format: 'JSONEachRow' });
const [{ events } = { events: 0 }] = await counted.json<{ events: string | number }>();
console.log(JSON.stringify({ rows: Number(events), seconds, cpuSeconds: (user + system) / 1e6 } satisfies Inserted));
await client.close();
process.exit(0);
