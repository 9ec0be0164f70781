import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { expect, it } from 'vitest';
import { event as eventSchema, type Event } from '#contracts';
import { bodyOfRows } from '#platform';
import { eventTable } from './event.table.js';

const event = (id: string, changes: Partial<Event> = {}): Event => ({
  event_id: id,
  timestamp: '2020-01-01T00:00:00.000Z',
  lat: 1.5,
  lon: -2.5,
  cell: '872b9bc71ffffff',
  event_type: 'fire',
  amount: null,
  entity_id: null,
  attrs: {},
  ...changes,
});
const events = [event('a'), event('b', { amount: 0, attrs: { x: 'y' } }), event('c', { entity_id: 'e' })];
const bytes = async (...args: Parameters<typeof bodyOfRows<Event>>) => (await bodyOfRows(...args)).bytes();

it('has every field of an event as a column', () => {
  expect(eventTable.columns.map(({ name }) => name)).toEqual(Object.keys(eventSchema.shape));
});

it('puts events on a map by their place', async () => {
  const collection = JSON.parse((await bytes('geojson', eventTable, events)).toString()) as { features: unknown[] };
  const { event_id: _id, lat: _lat, lon: _lon, ...properties } = events[1] ?? event('');
  expect(collection.features[1]).toEqual({
    type: 'Feature',
    id: 'b',
    geometry: { type: 'Point', coordinates: [-2.5, 1.5] },
    properties,
  });
});

it('keeps nothing apart from 0 and empty', async () => {
  const csv = parse<Record<string, string>>(await bytes('csv', eventTable, events), { columns: true });
  expect(csv.map(({ amount, entity_id }) => [amount, entity_id])).toEqual([
    ['', ''],
    ['0', ''],
    ['', 'e'],
  ]);
  const file = new Uint8Array(await bytes('parquet', eventTable, events)).buffer;
  const read = await parquetReadObjects({ file });
  expect(read).toEqual(events.map((one) => ({ ...one, timestamp: new Date(one.timestamp) })));
});
