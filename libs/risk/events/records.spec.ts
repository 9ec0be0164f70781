import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '#forecast';
import { records, type SourceRecord } from './records.js';

async function* chunksOf(bytes: Buffer, sizes: () => number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const size = sizes();
    yield bytes.subarray(at, at + size);
    at += size;
    await Promise.resolve();
  }
}

interface Options {
  quoted?: boolean;
  maxBytes?: number;
  sizes?: () => number;
}

async function cut(text: string | Buffer, { quoted = false, maxBytes, sizes = () => 65_536 }: Options = {}) {
  const out: SourceRecord[] = [];
  const options = { quoted, ...(maxBytes === undefined ? {} : { maxBytes }) };
  for await (const some of records(chunksOf(Buffer.from(text), sizes), options)) out.push(...some);
  return out;
}

const lines = (...texts: [number, string][]) => texts.map(([line, text]) => ({ line, text }));

describe('lines', () => {
  it('are numbered from 1, blank ones too, and lose their line ends', async () => {
    expect(await cut('a\r\n\r\n  \nb\n\nc')).toEqual(lines([1, 'a'], [4, 'b'], [6, 'c']));
    expect(await cut('')).toEqual([]);
    expect(await cut('\n\n')).toEqual([]);
    expect(await cut('a\n')).toEqual(lines([1, 'a']));
  });

  it.each([1, 2, 3, 65_536])('lose a byte order mark, in chunks of %i', async (size) => {
    expect(await cut('\uFEFFä€😀\nx\uFEFF', { sizes: () => size })).toEqual(lines([1, 'ä€😀'], [2, 'x\uFEFF']));
  });

  it('over the bound are reported and skipped, and the next is read', async () => {
    const text = `ok\n${'x'.repeat(50)}\nalso\n${'y'.repeat(500)}`;
    for (const sizes of [() => 7, () => 1_000])
      expect(await cut(text, { maxBytes: 20, sizes })).toEqual([
        { line: 1, text: 'ok' },
        { line: 2, tooLong: true },
        { line: 3, text: 'also' },
        { line: 4, tooLong: true },
      ]);
  });

  it('may be as long as the bound', async () => {
    expect(await cut(`${'x'.repeat(20)}\n${'x'.repeat(21)}\n`, { maxBytes: 20 })).toEqual([
      { line: 1, text: 'x'.repeat(20) },
      { line: 2, tooLong: true },
    ]);
  });

  it('with quotes in them are lines where quotes mean nothing', async () => {
    expect(await cut('a"b\nc"d\n')).toEqual(lines([1, 'a"b'], [2, 'c"d']));
  });
});

describe('quoted records', () => {
  const quoted = true;

  it('hold line breaks inside quotes, and keep the count of lines', async () => {
    expect(await cut('h\n1,"a\nb\r\nc",2\n3\n', { quoted })).toEqual(lines([1, 'h'], [2, '1,"a\nb\r\nc",2'], [5, '3']));
    expect(await cut('"a""b\n""c"\nd', { quoted })).toEqual(lines([1, '"a""b\n""c"'], [3, 'd']));
  });

  it('whose quote never closes cost the line it stood in', async () => {
    const rest = Array.from({ length: 40 }, (_, i) => `row ${i}`);
    const text = ['h', 'x,"open', ...rest].join('\n');
    const expected = lines([1, 'h'], [2, 'x,"open'], ...rest.map((row, i): [number, string] => [i + 3, row]));
    // By the end of the file, and by the bound.
    for (const maxBytes of [1_000_000, 50])
      for (const sizes of [() => 1, () => 13, () => 1_000])
        expect(await cut(text, { quoted, maxBytes, sizes })).toEqual(expected);
  });

  it('over the bound are reported also where their quote is open', async () => {
    const text = `h\n"${'x'.repeat(100)}\nnext\n"${'y'.repeat(30)}\n${'y'.repeat(30)}"\nlast`;
    expect(await cut(text, { quoted, maxBytes: 50, sizes: () => 9 })).toEqual([
      { line: 1, text: 'h' },
      { line: 2, tooLong: true },
      { line: 3, text: 'next' },
      // Two lines that are one record over the bound: read apart, and the parser will refuse each.
      { line: 4, text: `"${'y'.repeat(30)}` },
      { line: 5, text: `${'y'.repeat(30)}"` },
      { line: 6, text: 'last' },
    ]);
  });

  it('take a time that grows with their length alone', async () => {
    // One stray quote before 20,000 lines: read again for every line and every chunk this would take minutes.
    const text = `h\nx,"open\n${'some,ordinary,row,without,a,quote,of,sixty,characters,\n'.repeat(40_000)}`;
    const start = performance.now();
    expect(await cut(text, { quoted })).toHaveLength(40_002);
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});

/** The same rules over the whole text at once, character by character. */
function naive(text: string, quoted: boolean): SourceRecord[] {
  const out: SourceRecord[] = [];
  let line = 1;
  let start = 0;
  let open = false;
  const add = (raw: string) => {
    const record = raw.replace(/\r$/, '');
    if (record.trim() !== '') out.push({ line, text: record });
    line += raw.split('\n').length;
  };
  for (let i = 0; i < text.length; i++) {
    if (quoted && text[i] === '"') open = !open;
    if (text[i] !== '\n' || open) continue;
    add(text.slice(start, i));
    start = i + 1;
  }
  if (open) for (const one of text.slice(start).split('\n')) add(one);
  else if (start < text.length) add(text.slice(start));
  return out;
}

function randomText(random: Random): string {
  const parts = ['a', 'bc', ' ', '\n', '\r\n', '\n', '"', '""', ',', 'ä', '€', '😀', '\uFEFF', '\\"', '{}'];
  const first = random.next() < 0.2 ? '' : 'x';
  return first + Array.from({ length: random.integer(60) }, () => parts[random.integer(parts.length)]).join('');
}

it.each([false, true])('cuts the same whatever the chunks, quoted: %s', async (quoted) => {
  const random = createRandom(11);
  for (let i = 0; i < 400; i++) {
    const text = randomText(random);
    const expected = naive(text.replace(/^\uFEFF/, ''), quoted);
    const most = 1 + random.integer(12);
    expect(await cut(text, { quoted, sizes: () => 1 + random.integer(most) }), JSON.stringify(text)).toEqual(expected);
  }
});

describe('memory', () => {
  const MB = 1024 * 1024;

  async function* generated(head: string, filler: Buffer, megabytes: number, tail: string): AsyncGenerator<Buffer> {
    yield Buffer.from(head);
    for (let i = 0; i < megabytes; i++) yield filler;
    yield Buffer.from(tail);
    await Promise.resolve();
  }

  async function most(source: AsyncIterable<Buffer>, quoted: boolean) {
    const out: SourceRecord[] = [];
    let peak = 0;
    const before = process.memoryUsage().rss;
    const watched = (async function* () {
      for await (const chunk of source) {
        peak = Math.max(peak, process.memoryUsage().rss - before);
        yield chunk;
      }
    })();
    for await (const some of records(watched, { quoted })) out.push(...some);
    return { out, peak };
  }

  it.each([false, true])('stays bounded over a line of 300 MB, quoted: %s', async (quoted) => {
    const source = generated('first\n', Buffer.alloc(MB, 'x'), 300, '\nlast');
    const { out, peak } = await most(source, quoted);
    expect(out).toEqual([
      { line: 1, text: 'first' },
      { line: 2, tooLong: true },
      { line: 3, text: 'last' },
    ]);
    expect(peak).toBeLessThan(150 * MB);
  });

  it('stays bounded where a quote is open before the long line', async () => {
    const source = generated('first\n"open\n', Buffer.alloc(MB, 'x'), 300, '\nlast');
    const { out, peak } = await most(source, true);
    expect(out).toEqual([
      { line: 1, text: 'first' },
      { line: 2, text: '"open' },
      { line: 3, tooLong: true },
      { line: 4, text: 'last' },
    ]);
    expect(peak).toBeLessThan(150 * MB);
  });
});
