import type { Readable } from 'node:stream';
import { ClickHouseFailure } from './errors.js';

/** Formats in which a raw newline always ends a row, so that the data can be cut behind one. */
const LINES = /^(JSONEachRow|JSONCompactEachRow|TSV|TabSeparated|JSONLines|NDJSON)$/i;

/** The engine takes insert data in one piece of memory: this much at most where it can be cut. */
export const PIECE_BYTES = 16 * 1024 * 1024;
/** And this much where it cannot. */
const WHOLE_BYTES = 1024 * 1024 * 1024;

/**
 * Insert data in pieces that are each valid in `format`: one piece up to 16 MiB (then the engine alone decides about
 * blocks, as a server does), and for formats of lines a new piece every 16 MiB, so that memory stays bounded. What cannot
 * be cut is held whole, up to 1 GiB.
 */
export async function* pieces(body: Readable, format: string | undefined): AsyncGenerator<Buffer, void, void> {
  const cuttable = format !== undefined && LINES.test(format);
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < PIECE_BYTES) continue;
    if (!cuttable) {
      if (bytes <= WHOLE_BYTES) continue;
      throw new ClickHouseFailure(
        241,
        'MEMORY_LIMIT_EXCEEDED',
        `More than ${WHOLE_BYTES} bytes of ${format ?? 'unnamed format'} in one insert`,
      );
    }
    const end = chunk.lastIndexOf(0x0a);
    if (end < 0) continue;
    const rest = chunk.subarray(end + 1);
    yield Buffer.concat(held, bytes - rest.length);
    held = rest.length > 0 ? [rest] : [];
    bytes = rest.length;
  }
  if (bytes > 0) yield Buffer.concat(held, bytes);
}
