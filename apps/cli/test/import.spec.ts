import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Asked, Peer, namespaceOf, problem } from './peer.js';
import { type StriskOptions, strisk } from './strisk.js';

const HEADER = 'event_id,timestamp,lat,lon,amount,event_type';
const row = (i: number) => `e${i},2020-01-01T00:00:${String(i % 60).padStart(2, '0')}Z,43.5,-79.5,${i},fire`;
const file = (n: number) => `${HEADER}\n${Array.from({ length: n }, (_, i) => row(i)).join('\n')}\n`;
const rowsOf = ({ body }: Asked) => gunzipSync(body).toString().trimEnd().split('\n').length;
const BULK = 'POST /api/v1/events/bulk';

let peer: Peer;
let folder: string;
beforeEach(async () => {
  peer = await Peer.start();
  folder = await mkdtemp(join(tmpdir(), 'strisk-import-'));
});
afterEach(async () => {
  await peer.stop();
  await rm(folder, { recursive: true });
});

async function send(
  content: string | Uint8Array,
  args: readonly string[] = [],
  name = 'events.csv',
  options: StriskOptions = {},
) {
  const path = join(folder, name);
  await writeFile(path, content);
  return strisk(peer.url, ['import', path, ...args], options);
}

interface Result {
  rows: number;
  accepted: number;
  duplicates: number;
  rejected: number;
  rejected_by_code: Record<string, number>;
  rejected_examples: { line: number; code: string; field: string | null }[];
}

describe('strisk import', () => {
  it('sends a file in gzipped NDJSON chunks of one event a row, and shows what it read from where', async () => {
    const { code, out, err } = await send(file(30_000), ['-n', 'default']);
    expect(code).toBe(0);
    expect(err).toMatch(/event_id {3}← event_id\n {2}timestamp {2}← timestamp\n/);
    expect(out).toMatch(/30,000 rows in .*\n {2}accepted {4}30,000\n {2}duplicates {7}0\n {2}rejected {9}0\n/);
    const bulk = peer.requests(BULK);
    expect(bulk.map(rowsOf).sort((a, b) => b - a)).toEqual([25_000, 5_000]);
    expect(bulk[0]?.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      'x-namespace': 'default',
    });
    expect(peer.events.size).toBe(30_000);
    expect(peer.events.get('e7')).toEqual({
      event_id: 'e7',
      timestamp: '2020-01-01T00:00:07.000Z',
      lat: 43.5,
      lon: -79.5,
      event_type: 'fire',
      amount: 7,
    });
  });

  it('sent again changes nothing, with and without ids of its own', async () => {
    for (const map of [[], ['--map', 'event_id=']]) {
      peer.events.clear();
      await send(file(100), map);
      const { out } = await send(file(100), [...map, '--json']);
      expect(JSON.parse(out)).toMatchObject({ accepted: 0, duplicates: 100 });
      expect(peer.events.size).toBe(100);
    }
  });

  it('merges its own judgement with the server’s, by the lines of the file, and writes every rejected row', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => (i % 3 === 0 ? row(i).replace('43.5', '143.5') : row(i)));
    rows[10] = row(10).replace('43.5', 'north');
    rows[11] = 'too,few';
    rows.splice(20, 0, '', '');
    const rejects = join(folder, 'rejects.ndjson');
    const { code, out } = await send(`${HEADER}\r\n${rows.join('\r\n')}`, ['--rejects', rejects, '--json']);
    const result = JSON.parse(out) as Result;
    expect(code).toBe(0);
    expect(result).toMatchObject({
      rows: 3000,
      accepted: 1998,
      rejected: 1002,
      rejected_by_code: { EVENT_FIELD_INVALID: 1001, EVENT_MALFORMED: 1 },
    });
    const listed = (await readFile(rejects, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { line: number; code: string; field: string | null; detail: string });
    const expected = rows.flatMap((text, i) =>
      text !== '' && (text.includes('143.5') || text.includes('north') || text === 'too,few') ? [i + 2] : [],
    );
    expect(listed.map(({ line }) => line).sort((a, b) => a - b)).toEqual(expected);
    expect(listed).toContainEqual({
      line: 12,
      code: 'EVENT_FIELD_INVALID',
      field: 'lat',
      detail: '"north" is not a number',
    });
    expect(listed).toContainEqual({ line: 2, code: 'EVENT_FIELD_INVALID', field: 'lat', detail: 'by the server' });
  });

  it('counts rejected rows that the server does not list', async () => {
    const rows = Array.from({ length: 4000 }, (_, i) => (i < 2500 ? row(i).replace('43.5', '143.5') : row(i)));
    const { out } = await send(`${HEADER}\n${rows.join('\n')}`);
    expect(out).toMatch(/accepted {4}1,500/);
    expect(out).toMatch(/1,500 further rows that the server did not list/);
  });

  it('--strict ends with 5 where rows were rejected, and with 0 where none were', async () => {
    expect((await send(`${file(3)}x,y\n`, ['--strict'])).code).toBe(5);
    expect((await send(`${file(3)}x,y\n`)).code).toBe(0);
    expect((await send(file(3), ['--strict'])).code).toBe(0);
  });

  it('fails where no row at all could be taken, with the reasons', async () => {
    const { code, out, err } = await send(`${HEADER}\n${row(1).replace('43.5', '99')}\n`);
    expect(code).toBe(1);
    expect(out).toContain('line 2: lat: by the server');
    expect(err).toContain('No row was taken');
  });

  it('reads stdin, GeoJSON and NDJSON', async () => {
    const feature = (i: number) => ({
      type: 'Feature',
      id: `g${i}`,
      properties: { time: 1_700_000_000_000 + i, mag: -0.5, type: 'earthquake' },
      geometry: { type: 'Point', coordinates: [-117, 33, 8] },
    });
    const collection = JSON.stringify({ type: 'FeatureCollection', features: [1, 2, 3].map(feature) });
    const result = await strisk(peer.url, ['import', '-', '-n', 'quakes', '--create-namespace', '--resolution', '5'], {
      stdin: Readable.from([Buffer.from(collection)]),
    });
    expect(result.code).toBe(0);
    expect(peer.events.get('g1')).toMatchObject({
      timestamp: '2023-11-14T22:13:20.001Z',
      lat: 33,
      lon: -117,
      amount: -0.5,
    });
    expect(peer.namespaces.get('quakes')).toMatchObject({ h3_resolution: 5, amount_kind: 'magnitude' });
    const lines = `{"event_id":"n1","timestamp":"2020-01-01T00:00:00Z","lat":1,"lon":2,"event_type":"x","attrs":{"k":"v"}}\nnonsense\n`;
    expect((await send(lines, [], 'events.ndjson')).code).toBe(0);
    expect(peer.events.get('n1')).toMatchObject({ attrs: { k: 'v' } });
  });

  it('--dry-run sends nothing', async () => {
    const { code, out } = await send(file(5), ['--dry-run']);
    expect(code).toBe(0);
    expect(out).toContain('5 rows could be sent, 0 could not');
    expect(peer.asked).toEqual([]);
  });

  it('says how many times carried no zone, what they were read as, and how to change it', async () => {
    const local = file(3).replaceAll('Z,', ',');
    expect((await send(local)).out).toContain('3 times carried no zone and were read as UTC; --tz to change.');
    peer.namespaces.set('toronto', { ...namespaceOf('toronto'), time_zone: 'America/Toronto' });
    expect((await send(local, ['-n', 'toronto'])).err).toContain('Namespace toronto lies in America/Toronto');
    const named = await send(local, ['--tz', 'America/Toronto', '--map', 'event_id=']);
    expect(named.out).toContain('3 times carried no zone and were read as America/Toronto.');
    expect(named.err).not.toContain('--tz');
    expect(peer.events.get('e1')).toMatchObject({ timestamp: '2020-01-01T00:00:01.000Z' });
    expect([...peer.events.values()]).toContainEqual(
      expect.objectContaining({ timestamp: '2020-01-01T05:00:01.000Z' }),
    );
  });
});

describe('what is refused before anything is sent', () => {
  it.each<[string, string[], number, RegExp]>([
    ['a column that is not there', ['--map', 'lat=latt'], 2, /no column "latt"[^]*event_id, timestamp, lat, lon/],
    ['a zone that is none', ['--tz', 'Mars/Olympus'], 2, /not a time zone/],
    ['a format that is none', ['--format', 'xls'], 2, /csv, tsv, ndjson, geojson, parquet/],
    ['a resolution out of range', ['--resolution', '99'], 2, /3 to 10/],
    ['an option that is none', ['--frobnicate'], 2, /unknown option/],
    ['a namespace that cannot be one', ['-n', 'No Such'], 2, /cannot be a namespace/],
    [
      'a namespace that is not there',
      ['-n', 'none'],
      1,
      /no namespace "none"[^]*--create-namespace[^]*strisk namespace create none/,
    ],
    [
      'a rejects file that cannot be written',
      ['--rejects', '/nowhere/at/all'],
      1,
      /Cannot write \/nowhere\/at\/all: there is no such/,
    ],
    ['a token that is missing', ['--token', 'wrong'], 4, /A token is needed[^]*STRISK_TOKEN/],
    ['an address that is none', ['--url', 'ftp:/x'], 2, /not an address/],
  ])('%s', async (_, args, code, message) => {
    const ran = await send(file(3), args);
    expect(ran.err).toMatch(message);
    expect(ran.err).not.toMatch(/\n\s+at /);
    expect(ran.code).toBe(code);
    expect(peer.requests(BULK)).toEqual([]);
  });

  it('a server that is not there', async () => {
    const gone = await Peer.start();
    await gone.stop();
    const { code, err } = await send(file(3), ['--url', gone.url]);
    expect(code).toBe(3);
    expect(err).toContain(
      `strisk: Could not reach ${gone.url}: nothing listens there.\n  Is the platform running ("npm start")?`,
    );
  });

  it('a token without the scope', async () => {
    peer.route('GET /api/v1/tokens/self', () => ({
      json: { token_id: 't', name: 'reader', scopes: ['risk:read'], namespace: peer.namespaces.get('default') },
    }));
    const { code, err } = await send(file(3));
    expect(code).toBe(4);
    expect(err).toContain('lacks the scope events:write');
  });
});

describe('transport', () => {
  it('tries again after 503, 429 and a dropped connection, and takes every row once', async () => {
    const failures = [
      () => (_: unknown, socket: { destroy(): unknown }) => void socket.destroy(),
      // The answer is lost after the work is done: the second try finds duplicates.
      (asked: Asked) => {
        peer.take(asked);
        return (_: unknown, socket: { destroy(): unknown }) => void socket.destroy();
      },
      () => problem('UNAVAILABLE', 'away', {}, { 'retry-after': '0' }),
      () => problem('RATE_LIMITED', 'slow down', {}, { 'retry-after': '0' }),
    ];
    let n = 0;
    peer.route(BULK, (asked) => failures[n++]?.(asked) ?? { status: 201, json: peer.take(asked) });
    const { code, out, err } = await send(file(500), ['--json']);
    expect(code).toBe(0);
    expect(n).toBe(5);
    expect(peer.events.size).toBe(500);
    expect(JSON.parse(out)).toMatchObject({ rows: 500, accepted: 0, duplicates: 500 });
    expect(err).toContain('Trying again in');
  });

  it('has two requests under way and reads no further while they are', async () => {
    let free: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      free = resolve;
    });
    let both: () => void = () => undefined;
    const bothHere = new Promise<void>((resolve) => {
      both = resolve;
    });
    peer.hold = () => {
      if (peer.underWay === 2) both();
      return held;
    };
    let pieces = 0;
    async function* endless() {
      yield Buffer.from(`${HEADER}\n`);
      for (let i = 0; i < 130_000; i += 1000) {
        pieces++;
        yield await Promise.resolve(Buffer.from(`${Array.from({ length: 1000 }, (_, j) => row(i + j)).join('\n')}\n`));
      }
    }
    const running = strisk(peer.url, ['import', '-', '--json'], {
      stdin: Readable.from(endless(), { objectMode: false, highWaterMark: 65_536 }),
    });
    await bothHere;
    // Whatever the reader still has in hand, it gets through it in a few turns of the loop; then it must stand.
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    const stoodAt = pieces;
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(pieces).toBe(stoodAt);
    expect(stoodAt).toBeLessThan(100);
    free();
    const { out } = await running;
    expect(JSON.parse(out)).toMatchObject({ rows: 130_000, accepted: 130_000 });
    expect(peer.mostUnderWay).toBe(2);
  });

  it('gives less at once to a server that says it is too much, and keeps the lines right', async () => {
    peer.route(BULK, (asked) =>
      rowsOf(asked) > 300 ? problem('BODY_TOO_LARGE', 'at most 300') : { status: 201, json: peer.take(asked) },
    );
    const rows = Array.from({ length: 1000 }, (_, i) => (i === 900 ? row(i).replace('43.5', '143.5') : row(i)));
    const { out } = await send(`${HEADER}\n${rows.join('\n')}`, ['--json']);
    const result = JSON.parse(out) as Result;
    expect(result).toMatchObject({ accepted: 999, rejected: 1 });
    expect(result.rejected_examples).toEqual([
      { line: 902, code: 'EVENT_FIELD_INVALID', field: 'lat', detail: 'by the server' },
    ]);
  });

  it('says how far it came when the server’s disk is full, and does not try for ever', async () => {
    let n = 0;
    peer.route(BULK, (asked) =>
      n++ === 0
        ? { status: 201, json: peer.take(asked) }
        : problem('STORAGE_FULL', 'no space left', { accepted: 20, duplicates: 0 }),
    );
    const { code, err } = await send(file(55_000));
    expect(code).toBe(1);
    expect(n).toBeLessThanOrEqual(4);
    expect(err).toMatch(
      /The storage is full: no space left \(STORAGE_FULL\)[^]*make room[^]*25,0\d\d rows were taken[^]*again is safe/,
    );
  });

  it.skipIf(!existsSync('/dev/full'))('fails where the rejected rows find no room', async () => {
    const { code, err } = await send(`${file(3)}x,y\n`, ['--rejects', '/dev/full']);
    expect(code).toBe(1);
    expect(err).toContain('Cannot write /dev/full: the disk is full');
  });

  it('says how many rows were taken before a broken gzip broke', async () => {
    const packed = gzipSync(file(80_000));
    const { code, err } = await send(packed.subarray(0, Math.floor(packed.length * 0.9)), [], 'cut.csv.gz');
    expect(code).toBe(1);
    expect(err).toMatch(/truncated gzip file[^]*Before that, \d+,\d+ rows were taken/);
    expect(peer.events.size).toBeGreaterThanOrEqual(25_000);
    expect(peer.events.size % 25_000).toBe(0);
  });

  it('stops in good order when interrupted', async () => {
    const interruption = new AbortController();
    peer.route(BULK, (asked) => {
      interruption.abort();
      return { status: 201, json: peer.take(asked) };
    });
    const { code, err } = await send(file(100_000), [], 'long.csv', { signal: interruption.signal });
    expect(code).toBe(130);
    expect(err).toMatch(/Interrupted[^]*again is safe/);
  });

  it('reports rows that wait in the spool', async () => {
    peer.route(BULK, (asked) => ({ status: 202, json: { ...peer.take(asked), buffered: true } }));
    expect((await send(file(5))).out).toContain('wait in the server’s spool');
  });

  it('does not take the page of something else for an answer', async () => {
    peer.route('GET /api/v1/tokens/self', () => ({ json: { hello: 'world' } }));
    const { code, err } = await send(file(5));
    expect(code).toBe(1);
    expect(err).toContain('not what this version of strisk understands');
  });
});
