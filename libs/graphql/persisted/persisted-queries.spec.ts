import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#platform';
import { type NamedQuery, PersistedQueries, sha256 } from './persisted-queries.js';

const query = '{ me { name } }';
const sha256Hash = sha256(query);

function outcome(queries: PersistedQueries, named: NamedQuery): string {
  try {
    return queries.resolve(named);
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

describe('queries that clients name by their hash', () => {
  it('are known once they were kept', () => {
    const queries = new PersistedQueries();
    expect(outcome(queries, { sha256Hash })).toBe('PERSISTED_QUERY_NOT_FOUND');
    expect(outcome(queries, { query, sha256Hash })).toBe(query);
    expect(outcome(queries, { sha256Hash })).toBe('PERSISTED_QUERY_NOT_FOUND');
    queries.keep({ query, sha256Hash });
    expect(outcome(queries, { sha256Hash })).toBe(query);
    expect(outcome(queries, {})).toBe('GRAPHQL_INVALID');
    expect(outcome(queries, { query: '{ other }', sha256Hash })).toBe('GRAPHQL_INVALID');
  });

  it('take a bounded place: the ones asked for least go', () => {
    const queries = new PersistedQueries();
    const long = (i: number) => `# ${i} ${'x'.repeat(9_000)}`;
    for (let i = 0; i < 1_000; i++) queries.keep({ query: long(i), sha256Hash: sha256(long(i)) });
    expect(outcome(queries, { sha256Hash: sha256(long(0)) })).toBe('PERSISTED_QUERY_NOT_FOUND');
    expect(outcome(queries, { sha256Hash: sha256(long(999)) })).toBe(long(999));
  });
});

describe('an allow-list', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'strisk-allow-'));
    path = join(directory, 'list.json');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('lets its queries through, by hash or in full, and no others', async () => {
    await writeFile(path, JSON.stringify({ [sha256Hash]: query }));
    const queries = PersistedQueries.fromFile(path);
    expect([...queries.listed]).toEqual([query]);
    expect(outcome(queries, { sha256Hash })).toBe(query);
    expect(outcome(queries, { query })).toBe(query);
    expect(outcome(queries, { query: `${query} ` })).toBe('GRAPHQL_NOT_LISTED');
    const other = { query: '{ x }', sha256Hash: sha256('{ x }') };
    expect(outcome(queries, other)).toBe('GRAPHQL_NOT_LISTED');
    queries.keep(other);
    expect(outcome(queries, { sha256Hash: other.sha256Hash })).toBe('GRAPHQL_NOT_LISTED');
    expect(outcome(queries, { sha256Hash: 'constructor' })).toBe('GRAPHQL_NOT_LISTED');
  });

  it.each([
    ['is not there', undefined],
    ['is no JSON', '{'],
    ['is no object', '[]'],
    ['has a name that is no hash', JSON.stringify({ me: query })],
    ['has a hash of something else', JSON.stringify({ [sha256('x')]: query })],
  ])('that %s stops the start', async (_what, text) => {
    if (text !== undefined) await writeFile(path, text);
    expect(() => PersistedQueries.fromFile(path)).toThrow();
  });
});
