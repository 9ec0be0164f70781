import { readFileSync } from 'node:fs';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startClickHouseHttp, type TestClickHouse } from '../clickhouse/clickhouse.js';

let server: TestClickHouse;
let client: ClickHouseClient;

beforeAll(async () => {
  server = await startClickHouseHttp();
  client = createClient({ url: server.url });
});

afterAll(async () => {
  await client.close();
  await server.stop();
});

/** The leaves of a small XML file without mixed content: path of names → text. Throws where tags do not match. */
function leaves(file: string): Array<[path: string, value: string]> {
  const xml = readFileSync(new URL(`../../../deploy/clickhouse/${file}`, import.meta.url), 'utf8');
  const open: string[] = [];
  const found: Array<[string, string]> = [];
  let text = '';
  for (const [token, close, name = '', selfClosing] of xml
    .replace(/<!--[^]*?-->/g, '')
    .matchAll(/<(\/?)(\w+)[^>]*?(\/?)>|[^<]+/g)) {
    if (name === '') text = token.trim();
    else if (selfClosing === '/') continue;
    else if (close === '/') {
      if (open.at(-1) !== name) throw new Error(`</${name}> closes <${open.at(-1) ?? 'nothing'}>`);
      if (text !== '') found.push([open.join('/'), text]);
      open.pop();
      text = '';
    } else open.push(name);
  }
  if (open.length > 0) throw new Error(`<${open.join('/')}> is not closed`);
  return found;
}

async function names(table: string): Promise<Set<string>> {
  const result = await client.query({ query: `SELECT name FROM system.${table}`, format: 'JSONEachRow' });
  return new Set((await result.json<{ name: string }>()).map(({ name }) => name));
}

it('every setting of the profile is one, and takes its value', async () => {
  const settings = leaves('users.d/st-risk.xml').map(
    ([path, value]) => [path.replace('clickhouse/profiles/default/', ''), value] as const,
  );
  expect(settings.length).toBeGreaterThan(3);
  const result = await client.query({
    query: 'SELECT name, value FROM system.settings WHERE name IN {names:Array(String)}',
    query_params: { names: settings.map(([name]) => name) },
    clickhouse_settings: Object.fromEntries(settings),
    format: 'JSONEachRow',
  });
  const values = (await result.json<{ name: string; value: string }>()).map(({ name, value }) => [name, value]);
  expect(Object.fromEntries(values)).toEqual(Object.fromEntries(settings));
});

it('every setting of the server and of MergeTree is one', async () => {
  const known = {
    server: await names('server_settings'),
    mergeTree: await names('merge_tree_settings'),
  };
  // Sections of the server's configuration that system.server_settings does not list.
  const sections = /^(logger|query_log|part_log)\//;
  const paths = leaves('config.d/st-risk.xml').map(([path]) => path.replace('clickhouse/', ''));
  expect(paths.length).toBeGreaterThan(5);
  const unknown = paths.filter((path) =>
    path.startsWith('merge_tree/')
      ? !known.mergeTree.has(path.replace('merge_tree/', ''))
      : !sections.test(path) && !known.server.has(path),
  );
  expect(unknown).toEqual([]);
});
