import { describe, expect, it } from 'vitest';
import { batchInput, MAX_BATCH_OPERATIONS } from '#contracts';
import { AppError } from '#platform';
import { faultOfPath } from './path.js';
import { planOf } from './plan.js';

type Given = Record<string, unknown>;
const get = (id: string, depends_on: string[] = [], more: Given = {}): Given => ({
  id,
  method: 'GET',
  path: '/risks',
  depends_on,
  ...more,
});

/** The mistakes as `path: message`; none where it is a plan. */
function mistakes(operations: Given[], more: Given = {}): string[] {
  try {
    planOf(batchInput.parse({ operations, ...more }));
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toBe('REQUEST_INVALID');
    return error.errors.map(({ path, message }) => `${path}: ${message}`);
  }
}

describe('a plan', () => {
  it('takes what is in order', () => {
    expect(
      mistakes([
        get('b', ['a']),
        get('a'),
        get('c', ['a', 'b'], {
          method: 'PATCH',
          path: '/risks/{{a.body.data.0.risk_id}}?x={{b.status}}',
          headers: { 'If-Match': '{{a.headers.etag}}' },
          body: { comment: ['{{b.body.x}}'] },
        }),
      ]),
    ).toEqual([]);
  });

  it('names an id that stands twice, and one that is not there', () => {
    expect(mistakes([get('a'), get('b', ['x']), get('a')])).toEqual([
      'operations.2.id: "a" is there already',
      'operations.1.depends_on.0: there is no operation "x"',
    ]);
  });

  it('names those that wait in a circle, and not those that only wait for them', () => {
    expect(mistakes([get('a', ['b']), get('b', ['c']), get('c', ['a']), get('d', ['a']), get('e', ['e'])])).toEqual([
      'operations.0.depends_on: "a" waits for itself in a circle',
      'operations.1.depends_on: "b" waits for itself in a circle',
      'operations.2.depends_on: "c" waits for itself in a circle',
      'operations.4.depends_on: "e" waits for itself in a circle',
    ]);
  });

  it.each([{ mode: 'sequential' }, { atomic: true }])('in order lets nothing wait for what comes later: %j', (more) => {
    expect(mistakes([get('a', ['b']), get('b')], more)).toEqual([
      'operations.0.depends_on.0: "b" does not come before it',
    ]);
    expect(mistakes([get('a', ['a'])], more)).toHaveLength(1);
  });

  it('names references that are broken, or to what it does not wait for', () => {
    const operation = get('b', ['a'], {
      method: 'POST',
      path: '/x/{{c.body.id}}',
      headers: { Accept: '{{oops' },
      body: { t: ['{{d.status}}', 'fine'], u: '{{a.nothing}}' },
    });
    expect(mistakes([get('a'), operation]).map((line) => line.split(' ', 3).join(' '))).toEqual([
      'operations.1.headers.Accept: "{{oops" is',
      'operations.1.body.t.0: refers to',
      'operations.1.body.u: "{{a.nothing" is',
      'operations.1.path: refers to',
    ]);
  });

  it.each(['Authorization', 'X-Namespace', 'host', 'cookie', 'x-request-id', '__proto__'])(
    'leaves who asks to the batch: the header %s is refused',
    (name) => {
      const headers = JSON.parse(`{"${name}": "x"}`) as Given;
      const found = mistakes([get('a', [], { headers })]);
      // A record of Zod leaves the last one out.
      expect(found).toHaveLength(name === '__proto__' ? 0 : 1);
    },
  );

  it.each(['GET', 'DELETE'])('gives a %s no body', (method) =>
    expect(mistakes([get('a', [], { method, body: {} })])).toEqual([`operations.0.body: a ${method} has none`]),
  );

  it('checks the largest batch there may be, each waiting for all before it', () => {
    const ids = Array.from({ length: MAX_BATCH_OPERATIONS }, (_, i) => `o${i}`);
    expect(mistakes(ids.map((id, i) => get(id, ids.slice(0, i))))).toEqual([]);
    expect(mistakes(ids.map((id) => get(id, ids)))).toHaveLength(MAX_BATCH_OPERATIONS);
  });
});

describe('a path', () => {
  it.each(['/risks', '/risks?limit=1&x=%20', '/cells/a.b/..c', '/x/%2F', '/risks?x=../..', '/ä'])('may be %s', (path) =>
    expect(faultOfPath(path)).toBeUndefined(),
  );

  it.each([
    'risks',
    '',
    '/../metrics',
    '/risks/..',
    '/./risks',
    '/%2e%2e/metrics',
    '/%2E./metrics',
    '/a/.%2e?x=1',
    '/a\\..\\b',
    '/a b',
    '/a\nb',
    '/a\0',
    '/a#b',
  ])('may not be %j', (path) => expect(faultOfPath(path)).toBeDefined());
});
