import { describe, expect, it } from 'vitest';
import { ElementScanner, jsonTable } from './json.js';
import { LineScanner, ndjsonTable } from './ndjson.js';
import type { Batch, Table } from './table.js';

async function* inPieces(text: string, size: number): AsyncGenerator<string> {
  for (let i = 0; i < text.length; i += size) yield await Promise.resolve(text.slice(i, i + size));
}

async function all(table: Table): Promise<Batch> {
  const whole: Batch = { rows: [], lines: [], bad: [] };
  for await (const { rows, lines, bad } of table.batches(null)) {
    whole.rows.push(...rows);
    whole.lines.push(...lines);
    whole.bad.push(...bad);
  }
  return whole;
}

/** The shape of https://earthquake.usgs.gov/earthquakes/feed/v1.0/geojson.php */
const USGS = JSON.stringify({
  type: 'FeatureCollection',
  metadata: { generated: 1_700_000_000_000, title: 'USGS "all" {day} [x]', features: 'not these' },
  features: [
    {
      type: 'Feature',
      properties: {
        mag: 1.2,
        place: '5 km "NW" of }]',
        time: 1_700_000_000_123,
        type: 'earthquake',
        ids: ',ci1,',
        tz: null,
      },
      geometry: { type: 'Point', coordinates: [-117.5, 33.5, 8.2] },
      id: 'ci1',
    },
    {
      type: 'Feature',
      properties: { mag: null, place: 'back\\slash"', time: 1_700_000_001_000, type: 'quarry blast' },
      geometry: { type: 'Point', coordinates: [-116, 34, 0] },
      id: 'ci2',
    },
  ],
  bbox: [-117.5, 33.5, 0, -116, 34, 8.2],
});

describe('jsonTable', () => {
  it('reads the USGS feed wherever it is cut', async () => {
    const pretty = JSON.stringify(JSON.parse(USGS), null, 2);
    for (const text of [USGS, pretty]) {
      for (const size of [1, 2, 3, 7, 50, text.length]) {
        const { rows, lines, bad } = await all(await jsonTable(inPieces(text, size), 'feed'));
        expect(bad).toEqual([]);
        expect(lines).toEqual([1, 2]);
        expect(rows[0]).toMatchObject({
          id: 'ci1',
          mag: 1.2,
          time: 1_700_000_000_123,
          'geometry.lon': -117.5,
          'geometry.lat': 33.5,
          'geometry.depth': 8.2,
        });
        expect(rows[1]).toMatchObject({ id: 'ci2', place: 'back\\slash"', 'geometry.lat': 34 });
      }
    }
  });

  it('reads an array of objects, and the member data of an answer', async () => {
    for (const text of ['[{"a":1},{"a":[1,{"b":2}]}]', '{"page":{"data":[9]},"data":[{"a":1},{"a":[1,{"b":2}]}]}']) {
      const { rows } = await all(await jsonTable(inPieces(text, 4), 'x'));
      expect(rows).toEqual([{ a: 1 }, { a: [1, { b: 2 }] }]);
    }
  });

  it('rejects what is no point, no object or no JSON by its number and reads on', async () => {
    const text = `{"features":[
      {"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[]}},
      7,
      {"broken" 1},
      {"type":"Feature","properties":{"a":1},"geometry":null},
      {"type":"Feature","id":1,"properties":{"id":2},"geometry":{"type":"Point","coordinates":[1,2]}}]}`;
    const { rows, lines, bad } = await all(await jsonTable(inPieces(text, 11), 'x'));
    expect(bad.map(({ line, code, field }) => [line, code, field])).toEqual([
      [1, 'EVENT_FIELD_INVALID', 'geometry'],
      [2, 'EVENT_MALFORMED', null],
      [3, 'EVENT_MALFORMED', null],
    ]);
    expect(lines).toEqual([4, 5]);
    expect(rows).toEqual([{ a: 1 }, { id: 1, 'properties.id': 2, 'geometry.lon': 1, 'geometry.lat': 2 }]);
  });

  it('says that a file is truncated, but not before its whole elements are read', async () => {
    const cut = USGS.slice(0, USGS.indexOf('"ci2"'));
    const reading = async () => all(await jsonTable(inPieces(cut, 40), 'cut.geojson'));
    await expect(reading()).rejects.toThrow(/cut\.geojson is truncated/);
  });

  it('says that a document has no rows', async () => {
    await expect(jsonTable(inPieces('{"type":"Topology","arcs":{}}', 9), 'x')).rejects.toThrow(/no array of rows/);
    await expect(jsonTable(inPieces('{"features":[]}', 9), 'x')).rejects.toThrow(/no features/);
  });
});

describe('ElementScanner', () => {
  it('keeps nothing of an element over the limit, and reads the next', () => {
    const scanner = new ElementScanner(100);
    const taken: [string | null, number][] = [];
    const take = (element: string | null, n: number) => taken.push([element, n]);
    scanner.push('[{"a":"', take);
    for (let i = 0; i < 1000; i++) {
      scanner.push('x'.repeat(90), take);
      if (i === 999) expect(JSON.stringify(scanner).length).toBeLessThan(500);
    }
    scanner.push('"},{"b":1}]', take);
    expect(taken).toEqual([
      [null, 1],
      ['{"b":1}', 2],
    ]);
    expect(scanner.complete).toBe(true);
  });
});

describe('ndjsonTable', () => {
  it('takes good lines and rejects garbage by its line', async () => {
    const text = '{"id":1,"at":{"lat":3,"deep":{"x":1}}}\r\n\nnonsense\n[1]\n{"id":2,"extra":null}\n{"id":3';
    for (const size of [1, 5, 1000]) {
      const table = await ndjsonTable(inPieces(text, size), 'x');
      expect(table.columns.map(({ name }) => name)).toEqual(['id', 'at.lat', 'at.deep.x', 'extra']);
      const { rows, lines, bad } = await all(table);
      expect(lines).toEqual([1, 5]);
      expect(rows.map(table.getter('at.lat'))).toEqual([3, undefined]);
      expect(bad.map(({ line, code }) => [line, code])).toEqual([
        [3, 'EVENT_MALFORMED'],
        [4, 'EVENT_MALFORMED'],
        [6, 'EVENT_MALFORMED'],
      ]);
    }
  });

  it('reads a GeoJSON text sequence', async () => {
    const line =
      '\u001e{"type":"Feature","id":"a","properties":{"t":1},"geometry":{"type":"Point","coordinates":[5,6]}}\n';
    const { rows } = await all(await ndjsonTable(inPieces(line + line, 10), 'x'));
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual({ id: 'a', t: 1, 'geometry.lon': 5, 'geometry.lat': 6 });
  });

  it('rejects a line over the limit and keeps its neighbours and their numbers', () => {
    for (const size of [3, 1000]) {
      const scanner = new LineScanner(10);
      const lines: [string | null, number][] = [];
      const text = `short\n${'x'.repeat(50)}\nnext\n${'y'.repeat(30)}`;
      for (let i = 0; i < text.length; i += size)
        scanner.push(text.slice(i, i + size), (line, n) => lines.push([line, n]));
      scanner.push('', (line, n) => lines.push([line, n]), true);
      expect(lines).toEqual([
        ['short', 1],
        [null, 2],
        ['next', 3],
        [null, 4],
      ]);
    }
  });
});
