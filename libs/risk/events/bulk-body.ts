import { type Readable, Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { AppError } from '#platform';
import { CsvReader, NdjsonReader, type RecordReader } from './bulk-formats.js';

/** How much of a refused body is read to its end. */
const DISCARD_BYTES = 64 * 1024 * 1024;

/** The reader of a Content-Type; a Parquet file is read whole, by those who keep files. */
export function readerOf(contentType: string | undefined): RecordReader | 'parquet' {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/x-ndjson' || type === 'application/ndjson') return new NdjsonReader();
  if (type === 'text/csv') return new CsvReader();
  if (type === 'application/vnd.apache.parquet') return 'parquet';
  throw new AppError('MEDIA_TYPE_UNSUPPORTED', 'Send application/x-ndjson, text/csv or application/vnd.apache.parquet');
}

/** The body as it was before it was compressed, ended with an error where it grows over the limit. */
export function decompressed(body: Readable, encoding: string | undefined, limitBytes: number): Readable {
  const name = encoding?.trim().toLowerCase() ?? 'identity';
  const limit = limited(limitBytes);
  limit.once('close', () => discard(body));
  // It may break before its reader has begun, which meets the error then; unheard, it would end the process.
  limit.on('error', () => undefined);
  if (name === 'identity' || name === '') return chain(body, limit);
  if (name !== 'gzip' && name !== 'x-gzip' && name !== 'zstd')
    throw new AppError('ENCODING_UNSUPPORTED', 'Compress with gzip or zstd, or not at all');
  const inflate = name === 'zstd' ? createZstdDecompress() : createGunzip();
  inflate.once('error', (cause) =>
    limit.destroy(new AppError('ENCODING_BROKEN', `The ${name} stream is broken or ends too early`, { cause })),
  );
  body.once('error', (error) => limit.destroy(error));
  body.pipe(inflate).pipe(limit);
  return limit;
}

/**
 * Reads on what a refused client still sends: a connection whose request stays half read would take the client's next
 * request and never answer it. Whoever sends much more than the refusal was worth is cut off.
 */
function discard(body: Readable): void {
  if (body.readableEnded || body.destroyed) return;
  let seen = 0;
  body.unpipe();
  body.on('error', () => undefined);
  body.on('data', (chunk: Buffer) => {
    seen += chunk.length;
    if (seen > DISCARD_BYTES) body.destroy();
  });
  // The pipe that was taken away has left it paused.
  body.resume();
}

function chain(body: Readable, limit: Transform): Readable {
  body.once('error', (error) => limit.destroy(error));
  return body.pipe(limit);
}

function limited(limitBytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > limitBytes)
        done(
          new AppError(
            'BODY_TOO_LARGE',
            `The stream has more than ${Math.floor(limitBytes / 1024 / 1024)} MB; send it in parts`,
          ),
        );
      else done(null, chunk);
    },
  });
}
