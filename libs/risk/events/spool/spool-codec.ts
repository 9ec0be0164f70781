import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { EventRow } from '../event-row.js';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Rows that are written or read before others get their turn on the event loop. */
const TURN = 1_000;

type Fields = [string, number, number, number, string, string, number | null, string, string];

/** Rows as the spool keeps them: a JSON array a line, compressed. */
export async function encodeRows(rows: readonly EventRow[]): Promise<Buffer> {
  const parts: string[] = [];
  for (let from = 0; from < rows.length; from += TURN) {
    if (from > 0) await setImmediate();
    parts.push(
      rows
        .slice(from, from + TURN)
        .map(lineOf)
        .join('\n'),
    );
  }
  return compress(parts.join('\n'));
}

/** @throws Error where the bytes are not what `encodeRows` made */
export async function decodeRows(payload: Uint8Array): Promise<EventRow[]> {
  const lines = (await decompress(payload)).toString('utf8').split('\n');
  const rows: EventRow[] = [];
  for (const [i, line] of lines.entries()) {
    if (i > 0 && i % TURN === 0) await setImmediate();
    rows.push(rowOf(JSON.parse(line) as Fields));
  }
  return rows;
}

const lineOf = (row: EventRow): string =>
  JSON.stringify([
    row.eventId,
    row.time,
    row.lat,
    row.lon,
    row.cell,
    row.eventType,
    row.amount,
    row.entityId,
    row.attrs,
  ] satisfies Fields);

const rowOf = ([eventId, time, lat, lon, cell, eventType, amount, entityId, attrs]: Fields): EventRow => ({
  eventId,
  time,
  lat,
  lon,
  cell,
  eventType,
  amount,
  entityId,
  attrs,
});
