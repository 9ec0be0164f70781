import type { ByteRange } from '#platform';

/** What a request for a file gets: all of it, a part, or nothing because it has no such part. */
export type Wanted = 'whole' | 'none' | ByteRange;

/**
 * What `Range` asks of a file of so many bytes (RFC 9110, 14.1.2). A range of another unit or form is no range, and of
 * several at once the whole is sent, as the RFC allows: nothing that reads our files asks for that.
 * @param etag of the file as it is, with its quotes
 */
export function wantedBytes(bytes: number, etag: string, range?: string, ifRange?: string): Wanted {
  // Of another file than the one whose beginning the client has, a part is of no use.
  if (range === undefined || (ifRange !== undefined && ifRange.trim() !== etag)) return 'whole';
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(range) ?? [];
  if (first === '' && last === '') return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), bytes);
    return length === 0 ? 'none' : { start: bytes - length, end: bytes - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'whole';
  if (start >= bytes) return 'none';
  return { start, end: Math.min(last === '' ? bytes - 1 : Number(last), bytes - 1) };
}
