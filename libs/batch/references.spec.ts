import { describe, expect, it } from 'vitest';
import type { BatchResult } from '#contracts';
import { eachText, Filler, parseTemplate, TemplateError } from './references.js';

const results: Record<string, BatchResult> = {
  a: {
    id: 'a',
    status: 201,
    headers: { etag: '"3"', 'x-request-id': 'r.a' },
    body: { data: [{ risk_id: 'rsk_1', tags: ['x', 'y'], p: 0.25, open: true, none: null, 'per cent': '100 %/ä' }] },
  },
};
const filler = (maxBytes = 10_000) => new Filler((id) => results[id], maxBytes);
const fill = (text: string) => filler().value(text);

describe('a reference', () => {
  it.each([
    ['{{a.status}}', 201],
    ['{{a.headers.etag}}', '"3"'],
    ['{{a.headers.x-request-id}}', 'r.a'],
    ['{{a.body.data.0.risk_id}}', 'rsk_1'],
    ['{{ a.body.data.0.p }}', 0.25],
    ['{{a.body.data.0.open}}', true],
    ['{{a.body.data.0.none}}', null],
    ['{{a.body.data.0.tags}}', ['x', 'y']],
    ['{{a.body.data.0.per cent}}', '100 %/ä'],
    ['{{a.body}}', results['a']?.body],
  ])('that is the whole text keeps its type: %s', (text, value) => expect(fill(text)).toEqual(value));

  it.each([
    ['risk {{a.body.data.0.risk_id}} at {{a.body.data.0.p}}', 'risk rsk_1 at 0.25'],
    ['{{a.status}}{{a.status}}', '201201'],
    ['{{{{a.status}}', '{{a.status}}'],
    ['{{{{{{a.status}}', '{{201'],
    ['no braces } here {', 'no braces } here {'],
    ['', ''],
  ])('within a text is text: %s', (text, value) => expect(fill(text)).toBe(value));

  it('is filled in wherever a text stands, and names of members stay as they are', () => {
    expect(filler().value({ x: ['{{a.status}}', { '{{a.status}}': '{{a.headers.etag}}' }], n: 1, z: null })).toEqual({
      x: [201, { '{{a.status}}': '"3"' }],
      n: 1,
      z: null,
    });
  });

  it.each([
    '{{',
    '{{a.status',
    '{{}}',
    '{{a}}',
    '{{a.stat}}',
    '{{a.status.x}}',
    '{{a.body..x}}',
    '{{a.body.}}',
    '{{.body}}',
    '{{a b.body}}',
    '{{a.body.{x}}}',
  ])('that is none is refused: %s', (text) => expect(() => parseTemplate(text)).toThrow(TemplateError));

  it.each([
    ['{{b.status}}', /no "status"/],
    ['{{a.body.data.1.risk_id}}', /no "1"/],
    ['{{a.body.constructor}}', /no "constructor"/],
    ['{{a.body.__proto__}}', /no "__proto__"/],
    ['{{a.body.data.0.none.x}}', /no "x"/],
    ['{{a.body.data.0.risk_id.0}}', /no "0"/],
    ['{{a.headers.ETag}}', /no "ETag"/],
    ['one of {{a.body.data.0.tags}}', /cannot stand within a text/],
    ['is {{a.body.data.0.none}}', /cannot stand within a text/],
  ])('to what is not there, or does not fit, is refused: %s', (text, message) =>
    expect(() => fill(text)).toThrow(message),
  );

  it('may ask how long a list is', () => expect(fill('{{a.body.data.length}}')).toBe(1));

  it('in an address is percent-encoded', () => {
    expect(filler().text(parseTemplate('/x/{{a.body.data.0.per cent}}?y={{a.headers.etag}}'), encodeURIComponent)).toBe(
      '/x/100%20%25%2F%C3%A4?y=%223%22',
    );
  });

  it('cannot make a large operation of a small one', () => {
    const body = Array.from({ length: 1_000 }, () => '{{a.body}}');
    expect(() => filler(5_000).value(body)).toThrow(/more than 5000 bytes/);
  });
});

describe('a body', () => {
  it('has all its texts visited, with where they stand', () => {
    const seen: string[] = [];
    eachText({ a: ['x', { b: 'y' }], c: 1, d: null }, (text, path) => seen.push(`${path.join('.')}=${text}`));
    expect(seen).toEqual(['a.0=x', 'a.1.b=y']);
  });

  it('that is nested too deeply is refused, however deep', () => {
    let deep: unknown = 'x';
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(() => eachText(deep, () => undefined)).toThrow(/levels deep/);
  });
});
