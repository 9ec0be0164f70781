import { createClient } from '@clickhouse/client';
import { latLngToCell } from 'h3-js';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AccessContext } from '#access';
import { eventsQuery } from '#contracts';
import { ClickHouse, Cursors, migrateClickHouse } from '#platform';
import { startClickHouseHttp } from '#testing';
import { riskClickHouseMigrations } from '../migrations/clickhouse.js';
import { EventsService } from './events.service.js';

const EVENTS = 1_000_000;

let url: string;
let clickhouse: ClickHouse;

/** A million events of a city over twelve weeks, one every seven seconds; of one type there are few, and those are old. */
beforeAll(async () => {
  const server = await startClickHouseHttp();
  ({ url } = server);
  const config = { CLICKHOUSE_READ_CONNECTIONS: 2, CLICKHOUSE_QUERY_TIMEOUT_MS: 60_000 };
  clickhouse = new ClickHouse({ clickhouse: { url } }, config);
  await migrateClickHouse(clickhouse, riskClickHouseMigrations);
  await clickhouse.command(
    'fill',
    `INSERT INTO events (namespace_id, event_type, cell, ts, event_id, lat, lon, amount, entity_id, attrs, ingest_seq)
     SELECT 'default', multiIf(number < 2000, 'blackout', number % 3 = 0, 'flood', 'fire'), geoToH3(lat, lon, 7),
            toDateTime64('2026-01-05', 3, 'UTC') + number * 7, 'e' || toString(number),
            43.65 + cityHash64(number) % 1000 / 5000 AS lat, -79.38 + cityHash64(number + 1) % 1000 / 5000 AS lon,
            1, 's' || toString(number % 20), '{}', 1
     FROM numbers(${EVENTS})`,
  );
  return async () => {
    await clickhouse.onApplicationShutdown();
    await server.stop();
  };
}, 120_000);

const access = { namespace: { namespaceId: 'default', h3Resolution: 7 } } as AccessContext;
const cursors = new Cursors(Buffer.alloc(32, 1));
const list = (query: object) => new EventsService(clickhouse, cursors).list(access, eventsQuery.parse(query));

/** Rows that the server read for a page of the list. */
async function rowsRead(query: object): Promise<number> {
  const client = createClient({ url, use_multipart_params_auto: true });
  let read = -1;
  const spy = Object.create(clickhouse) as ClickHouse;
  spy.query = async (asked, params) => {
    const result = await client.query({
      query: asked.sql,
      query_params: params,
      format: 'JSON',
      clickhouse_settings: { prefer_column_name_to_alias: 1 },
    });
    const body = await result.json<never>();
    read = body.statistics?.rows_read ?? -1;
    return body.data;
  };
  try {
    await new EventsService(spy, cursors).list(access, eventsQuery.parse(query));
    return read;
  } finally {
    await client.close();
  }
}

const cell = latLngToCell(43.7, -79.3, 7);

describe('the list of a million events', () => {
  it.each<[string, object, number]>([
    ['of all', {}, 50_000],
    ['of a page of a thousand', { limit: 1000 }, 60_000],
    // The primary key finds the type, which the server takes over reading the newest of all types.
    ['of a type', { event_type: 'fire' }, EVENTS],
    ['of a rare type', { event_type: 'blackout' }, 50_000],
    ['of a day', { from: '2026-02-01T00:00:00Z', to: '2026-02-02T00:00:00Z' }, 50_000],
    ['of a station', { entity_id: 's7' }, 100_000],
    ['of a cell', { cell }, 250_000],
    ['of a type in a cell', { cell, event_type: 'fire' }, 100_000],
    ['of a box', { bbox: '-79.35,43.7,-79.30,43.75' }, 100_000],
  ])('%s reads a part of them', async (_, query, most) => {
    const read = await rowsRead(query);
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThanOrEqual(most);
  });

  it('does so on a page far behind, too', async () => {
    const cursor = cursors.of('events', 'default', {}).encode([Date.UTC(2026, 0, 20), 'e1']);
    expect(await rowsRead({ cursor })).toBeLessThanOrEqual(60_000);
    const [first] = (await list({ cursor })).data;
    expect(Date.UTC(2026, 0, 20) - Date.parse(first?.timestamp ?? '')).toBeLessThanOrEqual(7_000);
  });
});
