import { z } from 'zod';
import type { Paged } from '#contracts';
import { AppError } from './app-error.js';

/** Cursors are opaque to clients: the sort key of the last row, in base64url. */
export function encodeCursor(key: unknown): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** @throws AppError CURSOR_INVALID when it is not a cursor of this list */
export function decodeCursor<T>(cursor: string | undefined, key: z.ZodType<T>): T | undefined {
  if (cursor === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (cause) {
    throw invalid(cause);
  }
  const parsed = key.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error);
  return parsed.data;
}

function invalid(cause: unknown): AppError {
  return new AppError('CURSOR_INVALID', 'Use the next_cursor of the page before, unchanged', {
    errors: [{ path: 'cursor', message: 'is not a cursor of this list' }],
    cause,
  });
}

/** Makes a page of `limit` items out of up to `limit + 1` that were read: the extra one tells that there is more. */
export function pageOf<T>(rows: T[], limit: number, keyOf: (row: T) => unknown): Paged<T> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data, page: { limit, next_cursor: more ? encodeCursor(keyOf(last)) : null, has_more: more } };
}
