import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { CsvScanner, csvTable, delimiterOf } from './csv.js';
import { emptyBatch, type Batch } from './table.js';

/** Feeds a text in pieces of `size` characters, so that every boundary is met somewhere. */
function scan(text: string, size = text.length, delimiter = ',', maxChars?: number): Batch {
  const scanner = new CsvScanner(delimiter, maxChars);
  const batch = emptyBatch();
  for (let i = 0; i < text.length; i += size) scanner.push(text.slice(i, i + size), batch);
  scanner.push('', batch, true);
  return batch;
}

const SAMPLES: Record<string, string> = {
  plain: 'a,b,c\n1,2,3\n4,5,6\n',
  'CRLF and no last line end': 'a,b\r\n1,2\r\n3,4',
  'quotes with delimiters, quotes and line ends':
    'a,b\n"1,5","say ""hi"""\n"two\nlines",x\n"crlf\r\nin it","",\n'.replace('"",\n', '""\n'),
  'empty fields': 'a,b,c\n,,\n1,,3\n"",2,""\n',
  'quote in the middle of a field': 'a,b\n5" pipe,x\n',
  'trailing empty field after quotes': 'a,b\n"x",\n"y",',
  'not ASCII': 'ort,straße\n"Zürich","Löwen""platz"\nМосква,🚒\n',
};

describe('CsvScanner', () => {
  for (const [name, text] of Object.entries(SAMPLES)) {
    it(`agrees with csv-parse wherever the text is cut: ${name}`, () => {
      const expected: unknown = parse(text, { relax_quotes: true });
      for (let size = 1; size <= text.length; size++) expect(scan(text, size).rows).toEqual(expected);
    });
  }

  it('numbers records by the line they begin in', () => {
    const { rows, lines } = scan('a,b\n"x\ny\nz",1\n\n  \nq,2\n', 3);
    expect(rows).toHaveLength(3);
    expect(lines).toEqual([1, 2, 7]);
  });

  it('gives up only the line with a quote that never closes', () => {
    for (const size of [1, 7, 1000]) {
      const { rows, bad } = scan('a,b\n1,"oops\n2,3\n4,5\n', size);
      expect(rows).toEqual([
        ['a', 'b'],
        ['2', '3'],
        ['4', '5'],
      ]);
      expect(bad).toEqual([expect.objectContaining({ line: 2, code: 'EVENT_MALFORMED' })]);
    }
  });

  it('gives up only the line with text after a closing quote', () => {
    const { rows, lines, bad } = scan('a,b\n"x"y,1\n2,3\n', 4);
    expect(rows).toEqual([
      ['a', 'b'],
      ['2', '3'],
    ]);
    expect(lines).toEqual([1, 3]);
    expect(bad).toEqual([expect.objectContaining({ line: 2, code: 'EVENT_MALFORMED' })]);
  });

  it('rejects a record over the limit by its line and goes on behind it, plain or quoted', () => {
    const long = 'x'.repeat(500);
    for (const size of [10, 64, 10_000]) {
      for (const field of [long, `"${long}"`]) {
        const { rows, lines, bad } = scan(`a,b\n1,${field}\n2,3\n`, size, ',', 100);
        expect(rows).toEqual([
          ['a', 'b'],
          ['2', '3'],
        ]);
        expect(lines).toEqual([1, 3]);
        expect(bad.map(({ line }) => line)).toEqual([2]);
      }
    }
  });

  it('holds no more than the limit of an endless line', () => {
    const scanner = new CsvScanner(',', 1000);
    const batch = emptyBatch();
    const piece = 'x'.repeat(800);
    for (let i = 0; i < 1000; i++) scanner.push(piece, batch);
    expect(JSON.stringify(scanner).length).toBeLessThan(2000);
    expect(batch.bad).toHaveLength(1);
    expect(batch.bad[0]).toMatchObject({ line: 1, code: 'EVENT_LINE_TOO_LONG' });
  });
});

describe('delimiterOf', () => {
  it.each([
    ['a,b,c\n', ','],
    ['a;b;c\n"1,2,3,4";2;3\n', ';'],
    ['a\tb\tc\n', '\t'],
    ['a|b\n', '|'],
    ['"x;y;z",b\n', ','],
    ['single\n', ','],
  ])('%j', (head, delimiter) => expect(delimiterOf(head)).toBe(delimiter));
});

describe('csvTable', () => {
  async function read(text: string, header = true) {
    async function* pieces() {
      yield await Promise.resolve(text);
    }
    const table = await csvTable(pieces(), { delimiter: ',', header, name: 'test' });
    const rows: unknown[] = [];
    const bad: unknown[] = [];
    for await (const batch of table.batches(null)) {
      rows.push(...batch.rows);
      bad.push(...batch.bad);
    }
    return { names: table.columns.map(({ name }) => name), rows, bad, sample: table.sample };
  }

  it('gives columns names that are unique and not empty', async () => {
    expect((await read('id,,id, lat \n1,2,3,4\n')).names).toEqual(['id', 'column 2', 'id (2)', 'lat']);
  });

  it('rejects rows of another width and lets empty padding pass', async () => {
    const { rows, bad } = await read('a,b\n1,2\n1,2,3\n4\n5,6,,\n');
    expect(rows).toEqual([
      ['1', '2'],
      ['5', '6', '', ''],
    ]);
    expect(bad).toEqual([
      { line: 3, code: 'EVENT_MALFORMED', field: null, detail: 'has 3 fields where there are 2 columns' },
      { line: 4, code: 'EVENT_MALFORMED', field: null, detail: 'has 1 fields where there are 2 columns' },
    ]);
  });

  it('numbers the columns of a file without a header and keeps its first row', async () => {
    const { names, rows, sample } = await read('1,2\n3,4\n', false);
    expect(names).toEqual(['1', '2']);
    expect(rows).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    expect(sample).toEqual(rows);
  });
});
