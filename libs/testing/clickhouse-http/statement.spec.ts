import { describe, expect, it } from 'vitest';
import { codeOnly, inspect, rewriteKill, rewriteProcesses } from './statement.js';

describe('inspect', () => {
  it.each([
    ['SELECT 1', 'read'],
    ['  -- a comment; with a semicolon\n/* and */ (SELECT 1) UNION ALL (SELECT 2)', 'read'],
    ['WITH 1 AS x SELECT x', 'read'],
    ['insert into t VALUES (1)', 'insert'],
    ['KILL QUERY WHERE 1', 'kill'],
    ['CREATE TABLE t (a Int8) ENGINE = Memory', 'other'],
    ["'SELECT'", 'other'],
    ['', 'other'],
  ])('%j is %s', (sql, kind) => {
    expect(inspect(sql).kind).toBe(kind);
  });

  it.each([
    ['SELECT 1; SELECT 2', true],
    ['SELECT 1;', false],
    ['SELECT 1; -- done', false],
    [`SELECT 'a;b', "c;d", \`e;f\`, 'it''s;', 'it\\'s;', $x$ ;'; $x$`, false],
    ["SELECT 'it\\\\'; SELECT 2", true],
  ])('%j holds more than one statement: %s', (sql, multi) => {
    expect(inspect(sql).isMulti).toBe(multi);
  });

  it.each([
    ['SELECT 1 FORMAT JSON', 'JSON'],
    ['SELECT 1 format CSV SETTINGS max_threads = 1;', 'CSV'],
    ['INSERT INTO t (a) FORMAT JSONEachRow', 'JSONEachRow'],
    ["SELECT 'x FORMAT CSV'", undefined],
    ['SELECT format FROM t', undefined],
  ])('%j names the format %s', (sql, format) => {
    expect(inspect(sql).format).toBe(format);
  });

  it('tells inserts from the request and from a query apart', () => {
    expect(inspect('INSERT INTO t SELECT 1').insertsFromQuery).toBe(true);
    expect(inspect('INSERT INTO t (`select`) FORMAT CSV').insertsFromQuery).toBe(false);
  });
});

it('blanks quotes and drops comments', () => {
  expect(codeOnly(`a 'b' "c" -- d\n e /* f */ g`)).toBe(`a '' ""  \n e   g`);
});

it('rewrites KILL QUERY to find the mark and not itself', () => {
  expect(rewriteKill("KILL QUERY WHERE query_id = 'q1' SYNC")).toBe(
    "KILL QUERY WHERE query NOT ILIKE '%KILL QUERY%' AND Settings['log_comment'] = 'query_id=q1' ASYNC",
  );
});

it('rewrites a look at the running queries likewise, and nothing else', () => {
  expect(rewriteProcesses('SELECT 1 FROM system.processes WHERE query_id = {id:String}')).toBe(
    "SELECT 1 FROM system.processes WHERE Settings['log_comment'] = concat('query_id=', {id:String})",
  );
  const other = "SELECT 1 FROM t WHERE query_id = 'q1'";
  expect(rewriteProcesses(other)).toBe(other);
});
