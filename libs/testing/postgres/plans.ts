import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

/** What PostgreSQL did for the statements of one piece of work. */
export interface Work {
  statements: string[];
  /** Rows that scans read, those among them that a filter then dropped. */
  rowsRead: number;
  /** Rows that the largest sort took. */
  rowsSorted: number;
  /** Tables that were read from one end to the other. */
  scanned: string[];
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Node[];
}

/** Has a piece of work run its statements, and then each of them again under EXPLAIN ANALYZE. */
export async function explained(source: DataSource, work: (manager: EntityManager) => Promise<unknown>): Promise<Work> {
  const seen: [string, unknown[] | undefined][] = [];
  const runner = source.createQueryRunner();
  const query = runner.query.bind<QueryRunner['query']>(runner);
  runner.query = ((text: string, parameters?: unknown[], structured?: boolean) => {
    seen.push([text, parameters]);
    return structured === true ? query(text, parameters, true) : query(text, parameters);
  }) as QueryRunner['query'];
  try {
    await work(runner.manager);
    const done: Work = { statements: [], rowsRead: 0, rowsSorted: 0, scanned: [] };
    for (const [text, parameters] of seen) {
      done.statements.push(text);
      const [row] = (await query(`EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT JSON) ${text}`, parameters)) as {
        'QUERY PLAN': [{ Plan: Node }];
      }[];
      if (row) add(done, row['QUERY PLAN'][0].Plan);
    }
    return done;
  } finally {
    await runner.release();
  }
}

function add(done: Work, node: Node): void {
  const loops = node['Actual Loops'];
  const kind = node['Node Type'];
  if (kind.endsWith('Scan') && !/^(CTE|Subquery|Function|Values)/.test(kind)) {
    const dropped = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
    done.rowsRead += (node['Actual Rows'] + dropped) * loops;
    if (kind === 'Seq Scan') done.scanned.push(node['Relation Name'] ?? '');
  }
  if (kind.endsWith('Sort'))
    for (const child of node.Plans ?? [])
      done.rowsSorted = Math.max(done.rowsSorted, child['Actual Rows'] * child['Actual Loops']);
  for (const child of node.Plans ?? []) add(done, child);
}

/** Fills a table by one statement, with its indexes made afterwards: many times faster for a million rows. */
export async function fillTable(source: DataSource, table: string, insert: string): Promise<void> {
  const indexes = await source.query<{ name: string; definition: string }[]>(
    `SELECT i.relname AS name, pg_get_indexdef(i.oid) AS definition
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
     WHERE x.indrelid = $1::regclass AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid)`,
    [table],
  );
  await source.query(`SET statement_timeout = 0`);
  for (const { name } of indexes) await source.query(`DROP INDEX ${name}`);
  await source.query(insert);
  for (const { definition } of indexes) await source.query(definition);
  await source.query(`VACUUM ANALYZE ${table}`);
}
