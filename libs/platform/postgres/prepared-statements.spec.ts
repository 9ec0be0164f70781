import { describe, expect, it } from 'vitest';
import { PreparedStatements } from './prepared-statements.js';

const named = (prepared: PreparedStatements, text: string, times: number) =>
  Array.from({ length: times }, () => prepared.nameOf(text)).at(-1);

describe('statements that are prepared', () => {
  it('come again and again, and have one name each', () => {
    const prepared = new PreparedStatements();
    expect(named(prepared, 'SELECT a FROM t WHERE id = $1', 2)).toBeUndefined();
    const name = prepared.nameOf('SELECT a FROM t WHERE id = $1');
    expect(name).toMatch(/^s\d+$/);
    expect(named(prepared, 'SELECT a FROM t WHERE id = $1', 5)).toBe(name);
    expect(named(prepared, 'SELECT b FROM t WHERE id = $1', 3)).not.toBe(name);
  });

  it.each([
    'SELECT * FROM t WHERE id = $1',
    'SELECT t.* FROM t WHERE id = $1',
    'select a, t.* from t where id = $1',
    'INSERT INTO t VALUES ($1) RETURNING *',
    'UPDATE t SET a = $1 RETURNING *',
  ])('name what they read, or a new column would break them: %s', (text) => {
    expect(named(new PreparedStatements(), text, 10)).toBeUndefined();
  });

  it.each(['SELECT count(*) FROM t WHERE a = $1', 'SELECT a * b FROM t WHERE c = $1', 'UPDATE t SET a = a * $1'])(
    'may multiply and count: %s',
    (text) => expect(named(new PreparedStatements(), text, 3)).toBeDefined(),
  );

  it('are so many and no more: every connection of the server keeps them', () => {
    const prepared = new PreparedStatements();
    const names = new Set(
      Array.from({ length: 2_000 }, (_, n) => named(prepared, `SELECT ${n} WHERE $1 IS NULL`, 3)).filter(Boolean),
    );
    expect(names.size).toBe(300);
    expect(named(prepared, 'SELECT 0 WHERE $1 IS NULL', 1)).toBe('s1');
  });
});
