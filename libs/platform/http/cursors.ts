import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { z } from 'zod';
import type { Paged } from '#contracts';
import { AppError } from './app-error.js';

const MAC_BYTES = 12;
/** They say how the page is cut and shown, not what the list holds; a client may change them on its way. */
const NOT_OF_THE_LIST = new Set(['limit', 'cursor', 'format', 'fields']);

/**
 * Cursors of lists: opaque to clients, signed, and good only for the list, namespace and filters they were made for. The
 * sort key of the last row stands in them, so that rows that arrive meanwhile move nothing.
 */
export class Cursors {
  private readonly secret: KeyObject;

  /** @param secret shared by all replicas, at least 32 bytes */
  constructor(secret: Buffer) {
    this.secret = createSecretKey(secret);
  }

  /** @param filters the query of the list; what only cuts or shows a page is left out of account */
  of(list: string, namespaceId: string | null, filters: object = {}): ListCursor {
    const kept = Object.entries(filters)
      .filter(([name, value]) => value !== undefined && !NOT_OF_THE_LIST.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return new ListCursor(this.secret, hash('sha256', JSON.stringify([list, namespaceId, kept]), 'buffer'));
  }
}

export class ListCursor {
  constructor(
    private readonly secret: KeyObject,
    private readonly binding: Buffer,
  ) {}

  /**
   * The sort key in a cursor; undefined for the first page.
   * @throws AppError CURSOR_INVALID when it is not one of this list with these filters
   */
  after<T>(cursor: string | undefined, key: z.ZodType<T>): T | undefined {
    if (cursor === undefined) return undefined;
    const bytes = Buffer.from(cursor, 'base64url');
    const payload = bytes.subarray(MAC_BYTES);
    if (bytes.length <= MAC_BYTES || !timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.mac(payload))) throw invalid();
    const parsed = key.safeParse(JSON.parse(payload.toString('utf8')));
    // Signed by us and yet of another form: by another release.
    if (!parsed.success) throw invalid(parsed.error);
    return parsed.data;
  }

  /** Makes a page of `limit` items out of up to `limit + 1` that were read: the extra one tells that there is more. */
  page<T>(rows: readonly T[], limit: number, keyOf: (row: T) => unknown): Paged<T> {
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { data, page: { limit, next_cursor: more ? this.encode(keyOf(last)) : null, has_more: more } };
  }

  encode(key: unknown): string {
    const payload = Buffer.from(JSON.stringify(key));
    return Buffer.concat([this.mac(payload), payload]).toString('base64url');
  }

  private mac(payload: Buffer): Buffer {
    return createHmac('sha256', this.secret).update(this.binding).update(payload).digest().subarray(0, MAC_BYTES);
  }
}

function invalid(cause?: unknown): AppError {
  return new AppError('CURSOR_INVALID', 'Use the next_cursor of the page before, unchanged and with the same filters', {
    errors: [{ path: 'cursor', message: 'is not a cursor of this list with these filters' }],
    cause,
  });
}
