import type { Event } from '#contracts';
import type { Table } from '#platform';

export const eventTable: Table<Event> = {
  name: 'events',
  columns: [
    { name: 'event_id', type: 'text' },
    { name: 'timestamp', type: 'time' },
    { name: 'lat', type: 'number' },
    { name: 'lon', type: 'number' },
    { name: 'cell', type: 'text' },
    { name: 'event_type', type: 'text' },
    { name: 'amount', type: 'number', nullable: true },
    { name: 'entity_id', type: 'text', nullable: true },
    { name: 'attrs', type: 'json' },
  ],
  feature: ({ lat, lon, event_id, ...properties }) => ({
    id: event_id,
    geometry: `{"type":"Point","coordinates":[${lon},${lat}]}`,
    properties,
  }),
};
