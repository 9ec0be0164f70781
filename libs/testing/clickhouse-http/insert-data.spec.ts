import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { PIECE_BYTES, pieces } from './insert-data.js';

const row = `${JSON.stringify({ text: 'x'.repeat(1_000) })}\n`;

/** So many chunks of 1.5 rows each, made when asked for; `made` tells how far the reader has got. */
function source(chunks: number): { body: Readable; made: () => number } {
  let made = 0;
  const text = row.repeat(3);
  const half = Buffer.from(text.slice(0, text.length / 2));
  const other = Buffer.from(text.slice(text.length / 2));
  const body = Readable.from(
    (function* () {
      for (; made < chunks; made += 1) yield made % 2 === 0 ? half : other;
    })(),
    { objectMode: false },
  );
  return { body, made: () => made };
}

describe('pieces', () => {
  it('cuts lines behind a line break, loses none and reads no further than it must', async () => {
    const chunks = 40_000;
    const { body, made } = source(chunks);
    const sizes: number[] = [];
    let rows = 0;
    for await (const piece of pieces(body, 'JSONEachRow')) {
      if (sizes.length === 0) expect(made() * row.length * 1.5).toBeLessThan(PIECE_BYTES * 1.1);
      expect(piece.at(-1)).toBe(0x0a);
      rows += piece.toString('utf8').split('\n').length - 1;
      sizes.push(piece.length);
    }
    expect(rows).toBe(chunks * 1.5);
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThan(PIECE_BYTES * 1.1);
  });

  it.each(['CSV', 'RowBinary', undefined])('leaves %s whole', async (format) => {
    const { body } = source(20_000);
    const got: number[] = [];
    for await (const piece of pieces(body, format)) got.push(piece.length);
    expect(got).toEqual([20_000 * 1.5 * row.length]);
  });

  it('has no piece for an empty body, and one for a last line without its break', async () => {
    const all = async (text: string): Promise<string[]> => {
      const got: string[] = [];
      for await (const piece of pieces(Readable.from(text === '' ? [] : [Buffer.from(text)]), 'TSV'))
        got.push(String(piece));
      return got;
    };
    expect(await all('')).toEqual([]);
    expect(await all('1\n2')).toEqual(['1\n2']);
  });
});
