import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, requestContext } from '#platform';
import { wantedBytes } from './byte-range.js';
import type { Download } from './results.service.js';

/**
 * Answers with a file or the part of it that is asked for (RFC 9110, 14), so that a download that broke off goes on where
 * it did. Its tag is the hash of its bytes.
 * @throws AppError RANGE_NOT_SATISFIABLE, RESULT_EXPIRED
 */
export async function sendFile(
  { file, open }: Download,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Readable | ''> {
  const { range, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = request.headers;
  const etag = `"${file.sha256}"`;
  // Compressed on the way, its bytes would be others than those that ranges count.
  void reply.headers({ ETag: etag, 'Accept-Ranges': 'bytes', 'Cache-Control': 'private, no-cache, no-transform' });
  if (matches(ifNoneMatch, etag)) {
    void reply.code(304);
    return '';
  }
  const wanted = wantedBytes(file.bytes, etag, range, typeof ifRange === 'string' ? ifRange : undefined);
  if (wanted === 'none')
    throw new AppError('RANGE_NOT_SATISFIABLE', `The file has ${file.bytes} bytes`, {
      headers: { 'Content-Range': `bytes */${file.bytes}` },
    });
  const part = wanted === 'whole' ? undefined : wanted;
  const body = request.method === 'HEAD' || file.bytes === 0 ? Readable.from([]) : await open(part);
  void reply.headers({
    'Content-Type': file.media_type,
    'Content-Disposition': disposition(file.name),
    'Content-Length': String(part ? part.end - part.start + 1 : file.bytes),
  });
  if (part) void reply.code(206).header('Content-Range', `bytes ${part.start}-${part.end}/${file.bytes}`);
  // From here on it takes as long as its reader takes.
  requestContext()?.allow(null);
  return body;
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

/** RFC 6266: a name that every client reads, and beside it, where that is another, the name as it is. */
function disposition(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]/g, '_').replaceAll(/["\\%]/g, '_');
  if (plain === name) return `attachment; filename="${name}"`;
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
