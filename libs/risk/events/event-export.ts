import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Event } from '#contracts';

type ExportFormat = 'ndjson' | 'csv' | 'geojson';

const CONTENT_TYPE: Record<ExportFormat, string> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
  geojson: 'application/geo+json',
};
const CSV_COLUMNS = [
  'event_id',
  'timestamp',
  'lat',
  'lon',
  'cell',
  'event_type',
  'amount',
  'entity_id',
  'attrs',
] as const;

/** Sends pages of events as they are read; the client's pace holds back the reading. */
export async function exportStream(
  reply: FastifyReply,
  format: ExportFormat,
  pages: AsyncGenerator<Event[]>,
): Promise<void> {
  // The first page is read before the head is sent, so that a failure can still be told.
  const first = await pages.next();
  async function* text(): AsyncGenerator<string> {
    const writer = WRITERS[format];
    yield writer.head;
    let written = 0;
    for (let page = first; !page.done; page = await pages.next()) {
      yield page.value.map((event) => writer.row(event, written++ === 0)).join('');
    }
    yield writer.tail;
  }
  void reply
    .header('Content-Type', CONTENT_TYPE[format])
    .header('Cache-Control', 'no-store')
    .send(Readable.from(text()));
}

const WRITERS: Record<ExportFormat, { head: string; row(event: Event, first: boolean): string; tail: string }> = {
  ndjson: { head: '', row: (event) => `${JSON.stringify(event)}\n`, tail: '' },
  csv: {
    head: `${CSV_COLUMNS.join(',')}\r\n`,
    row: (event) => `${CSV_COLUMNS.map((column) => csvField(event[column])).join(',')}\r\n`,
    tail: '',
  },
  geojson: {
    head: '{"type":"FeatureCollection","features":[',
    row: ({ lat, lon, event_id, ...properties }, first) =>
      `${first ? '' : ','}${JSON.stringify({
        type: 'Feature',
        id: event_id,
        geometry: { type: 'Point', coordinates: [lon, lat] },
        properties,
      })}`,
    tail: ']}',
  },
};

function csvField(value: Event[(typeof CSV_COLUMNS)[number]]): string {
  if (value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  // A spreadsheet runs a field that begins like a formula; the apostrophe makes it text.
  const safe = typeof value === 'string' && /^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
