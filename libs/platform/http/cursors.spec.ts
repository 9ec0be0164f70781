import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from './app-error.js';
import { Cursors } from './cursors.js';

const cursors = new Cursors(randomBytes(32));
const list = cursors.of('risks', 'toronto', { status: 'open', limit: 50 });
const key = z.tuple([z.int(), z.string()]);

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'none';
}

describe('a cursor', () => {
  const cursor = list.encode([7, 'ä/+="']);

  it('brings back the key it was made of', () => {
    expect(list.after(cursor, key)).toEqual([7, 'ä/+="']);
    expect(list.after(undefined, key)).toBeUndefined();
  });

  it('is good for its list, namespace and filters alone, whatever the size and form of the page', () => {
    const same = { cursor: 'x', limit: 10, format: 'csv', fields: 'risk_id', status: 'open', level: undefined };
    expect(cursors.of('risks', 'toronto', same).after(cursor, key)).toEqual([7, 'ä/+="']);
    for (const other of [
      cursors.of('jobs', 'toronto', { status: 'open' }),
      cursors.of('risks', 'ottawa', { status: 'open' }),
      cursors.of('risks', null, { status: 'open' }),
      cursors.of('risks', 'toronto', { status: 'resolved' }),
      cursors.of('risks', 'toronto'),
      new Cursors(randomBytes(32)).of('risks', 'toronto', { status: 'open' }),
    ])
      expect(codeOf(() => other.after(cursor, key))).toBe('CURSOR_INVALID');
  });

  it('does not depend on the order in which the filters are given', () => {
    const one = cursors.of('risks', 'a', { status: 'open', level: 'HIGH' }).encode(1);
    expect(cursors.of('risks', 'a', { level: 'HIGH', status: 'open' }).after(one, z.int())).toBe(1);
  });

  it('is refused when a single bit of it was changed, and when it is no cursor at all', () => {
    const bytes = Buffer.from(cursor, 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const forged = Buffer.from(bytes);
      forged[i] = (forged[i] ?? 0) ^ 1;
      expect(codeOf(() => list.after(forged.toString('base64url'), key))).toBe('CURSOR_INVALID');
    }
    for (const text of ['', 'x', '%%%', '\0', cursor.slice(0, 16), `${cursor}AAAA`, 'ä'.repeat(500)])
      expect(codeOf(() => list.after(text, key))).toBe('CURSOR_INVALID');
  });

  it('of another release, signed but of another form, is refused too', () => {
    expect(codeOf(() => list.after(list.encode([1.5, 'a']), key))).toBe('CURSOR_INVALID');
    expect(codeOf(() => list.after(list.encode({ a: 1 }), key))).toBe('CURSOR_INVALID');
  });

  it('stands on a page only where there is more', () => {
    const rows = [1, 2, 3];
    expect(list.page(rows, 2, (row) => row)).toEqual({
      data: [1, 2],
      page: { limit: 2, next_cursor: list.encode(2), has_more: true },
    });
    expect(list.page(rows, 3, (row) => row).page).toEqual({ limit: 3, next_cursor: null, has_more: false });
    expect(list.page([], 3, (row) => row).page).toEqual({ limit: 3, next_cursor: null, has_more: false });
  });
});
