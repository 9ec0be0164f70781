import { PassThrough, pipeline, Readable, type Transform } from 'node:stream';
import { promisify } from 'node:util';
import {
  brotliCompress,
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  gzip,
  gzipSync,
  zstdCompress,
  zstdCompressSync,
} from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { codingFor, COMPRESS_FROM_BYTES, type ContentCoding, tagIn } from './content-coding.js';

/** Bytes that have a form of compression of their own gain nothing; events must not wait for a full block. */
const COMPRESSIBLE =
  /^(?:text\/(?!event-stream)|application\/(?:[\w.-]+\+)?json|application\/(?:x-)?ndjson|application\/vnd\.(?:mapbox-vector-tile|apache\.arrow\.stream))/;
/** What is sent once is worth less work than what is kept. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
/** Bodies up to this are compressed on the spot: the way to the thread pool and back takes longer than the work. */
const SMALL_BYTES = 32_768;
/** What comes out is a few hundred bytes; the default of 16 KB each would be collected thousands of times a second. */
const CHUNK_BYTES = 2_048;
const QUICK_BROTLI = {
  params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 15 },
  chunkSize: CHUNK_BYTES,
};
const QUICK_GZIP = { level: 1, memLevel: 6, windowBits: 13, chunkSize: CHUNK_BYTES };
const QUICK_ZSTD = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_windowLog]: 15 },
  chunkSize: CHUNK_BYTES,
};

type Packed = Exclude<ContentCoding, 'identity'>;

const small: Record<Packed, (body: Buffer) => Buffer> = {
  br: (body) => brotliCompressSync(body, QUICK_BROTLI),
  zstd: (body) => zstdCompressSync(body, QUICK_ZSTD),
  gzip: (body) => gzipSync(body, QUICK_GZIP),
};
const brotliAsync = promisify(brotliCompress);
const large: Record<Packed, (body: Buffer) => Promise<Buffer>> = {
  br: (body) => brotliAsync(body, BROTLI),
  zstd: promisify(zstdCompress),
  gzip: promisify(gzip),
};
const flowing: Record<Packed, () => Transform> = {
  br: () => createBrotliCompress(BROTLI),
  zstd: () => createZstdCompress(),
  gzip: () => createGzip(),
};

/** Compresses what the client can read compressed, off the event loop unless it is short; a strong tag then names the coding. */
export async function compression(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const type = reply.getHeader('Content-Type');
  if (typeof type !== 'string' || !COMPRESSIBLE.test(type) || reply.hasHeader('Content-Encoding')) return payload;
  if (String(reply.getHeader('Cache-Control')).includes('no-transform')) return payload;
  const stream = payload instanceof Readable;
  const size = typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.byteLength(payload) : 0;
  if (!stream && size < COMPRESS_FROM_BYTES) return payload;
  vary(reply);
  const coding = codingFor(request.headers['accept-encoding']);
  if (coding === 'identity') return payload;

  const tag = reply.getHeader('ETag');
  if (typeof tag === 'string') void reply.header('ETag', tagIn(tag, coding));
  void reply.header('Content-Encoding', coding).removeHeader('Content-Length');
  // A cut stream must reach the client as one: pipeline destroys both ends, and the connection with them.
  if (stream)
    return request.method === 'HEAD' ? payload : pipeline(payload, flowing[coding](), new PassThrough(), ignore);
  const body = Buffer.from(payload as string | Buffer);
  return size <= SMALL_BYTES ? small[coding](body) : large[coding](body);
}

/** The error stands on the stream that is sent, where the framework sees it. */
const ignore = () => undefined;

function vary(reply: FastifyReply): void {
  const before = reply.getHeader('Vary');
  const names = typeof before === 'string' ? before.split(',').map((name) => name.trim()) : [];
  if (!names.some((name) => name.toLowerCase() === 'accept-encoding'))
    void reply.header('Vary', [...names, 'Accept-Encoding'].join(', '));
}
