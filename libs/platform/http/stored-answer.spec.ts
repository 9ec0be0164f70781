import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readyAnswer } from './send-stored.js';
import { StoredAnswer } from './stored-answer.js';

const long = Buffer.from(JSON.stringify(Array.from({ length: 500 }, (_, i) => ({ cell: i, p_event: i / 500 }))));
const short = Buffer.from('{"a":1}');
const TYPE = 'application/json; charset=utf-8';

describe('a stored answer', () => {
  it('is the same bytes in every coding', async () => {
    const answer = await StoredAnswer.of(TYPE, long);
    expect(brotliDecompressSync((await answer.in('br')).body)).toEqual(long);
    expect(gunzipSync((await answer.in('gzip')).body)).toEqual(long);
    expect(zstdDecompressSync((await answer.in('zstd')).body)).toEqual(long);
    expect((await answer.in('identity')).body).toEqual(long);
  });

  it('is compressed once in each', async () => {
    const answer = await StoredAnswer.of(TYPE, long);
    expect(answer.ready('br')).toBeDefined();
    expect(answer.ready('gzip')).toBeUndefined();
    const first = await answer.in('gzip');
    expect((await answer.in('gzip')).body).toBe(first.body);
    expect(answer.ready('gzip')?.body).toBe(first.body);
  });

  it('is sent as it is where it is short', async () => {
    const answer = await StoredAnswer.of(TYPE, short);
    expect(answer.ready('br')).toEqual({ coding: 'identity', body: short });
  });

  it.each([short, long])('comes back from text the same', async (body) => {
    const answer = await StoredAnswer.of(TYPE, body, { Link: '<x>' }, '"3"');
    const again = StoredAnswer.decode(answer.encode());
    expect((await again.in('identity')).body).toEqual(body);
    expect([again.contentType, again.headers, again.tag]).toEqual([TYPE, { Link: '<x>' }, '"3"']);
    expect(again.size).toBe(answer.size);
  });

  it('counts more memory than it holds', async () => {
    const answer = await StoredAnswer.of(TYPE, long);
    await Promise.all((['identity', 'gzip', 'zstd'] as const).map((coding) => answer.in(coding)));
    const held = (['identity', 'br', 'gzip', 'zstd'] as const).reduce(
      (sum, coding) => sum + (answer.ready(coding)?.body.length ?? 0),
      0,
    );
    expect(answer.size).toBeGreaterThanOrEqual(held);
  });
});

describe('what is sent of it', () => {
  it('names coding, length, age and tag, and is 304 for whoever has it in any coding', async () => {
    const answer = await StoredAnswer.of(TYPE, long, {}, '"3"');
    const body = await answer.in('gzip');
    const sent = readyAnswer(answer, body, undefined, 'HIT', 61_500);
    expect(sent.headers).toMatchObject({
      ETag: '"3-gzip"',
      'Content-Encoding': 'gzip',
      'Content-Length': String(body.body.length),
      Age: '61',
      'X-Cache': 'HIT',
    });
    const known = readyAnswer(answer, body, '"3-br"', 'STALE', -5);
    expect([known.status, known.body.length, known.headers['Age']]).toEqual([304, 0, '0']);
    expect(known.headers).not.toHaveProperty('Content-Encoding');
    expect(readyAnswer(answer, body, '"4"', 'HIT', 0).status).toBe(200);
  });
});
