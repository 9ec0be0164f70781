/** What kind of statement a text holds, as far as the HTTP interface treats them differently. */
type StatementKind = 'read' | 'insert' | 'kill' | 'other';

/** What has to be known of a statement before it is run. */
export interface Statement {
  readonly kind: StatementKind;
  /** `FORMAT x` of the statement, if it names one. */
  readonly format: string | undefined;
  /** A SELECT within brackets or a WITH clause. */
  readonly hasSubquery: boolean;
  /** An INSERT whose rows come from a SELECT or a table function, not from the request. */
  readonly insertsFromQuery: boolean;
  /** More than one statement, which ClickHouse's HTTP interface refuses. */
  readonly isMulti: boolean;
}

const READS = /^\(*\s*(select|with|show|describe|desc|explain|exists|check)\b/i;

/** Reads the statement's outline; never throws, a text that is no SQL is an `other`. */
export function inspect(sql: string): Statement {
  const code = codeOnly(sql).trim();
  const kind = READS.test(code)
    ? 'read'
    : /^insert\b/i.test(code)
      ? 'insert'
      : /^kill\s+query\b/i.test(code)
        ? 'kill'
        : 'other';
  return {
    kind,
    format: /\bformat\s+(\w+)\s*(?:settings\b[^;]*)?;?\s*$/i.exec(code)?.[1],
    hasSubquery: /\(\s*(select|with)\b/i.test(code) || /^\s*with\b/i.test(code),
    insertsFromQuery: kind === 'insert' && /\b(select|infile|watch)\b/i.test(code),
    isMulti: /;\s*\S/.test(code),
  };
}

/**
 * The text with comments taken out and the inside of quotes blanked, so that a semicolon or keyword found in it is one.
 * Quotes are ClickHouse's: '…', "…" and `…` with backslash or doubled quote, and $tag$…$tag$.
 */
export function codeOnly(sql: string): string {
  const token =
    /--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<quote>['"`])(?:\\[\s\S]|\k<quote>\k<quote>|(?!\k<quote>)[^\\])*(?:\k<quote>|$)|\$(?<tag>\w*)\$[\s\S]*?\$\k<tag>\$/g;
  return sql.replace(token, (found: string) =>
    /^(--|#|\/\*)/.test(found) ? ' ' : `${found[0] ?? ''}${found[0] ?? ''}`,
  );
}

/**
 * `KILL QUERY` as the embedded engine can run it: by the mark of a query instead of its id, and SYNC, which hangs there,
 * becomes ASYNC.
 */
export function rewriteKill(sql: string): string {
  return byMark(sql)
    .replace(/\bwhere\b/i, "WHERE query NOT ILIKE '%KILL QUERY%' AND")
    .replace(/\bsync\b/i, 'ASYNC');
}

/** A look at the running queries as the embedded engine can answer it. */
export function rewriteProcesses(sql: string): string {
  return /\bsystem\.processes\b/i.test(sql) ? byMark(sql) : sql;
}

/** The engine gives queries ids of its own, so a condition on `query_id` becomes one on the mark that every query carries. */
function byMark(sql: string): string {
  return sql
    .replace(/\bquery_id\s*=\s*'(?<id>[^']*)'/gi, (_all, id: string) => `${MARKED} = '${mark(id)}'`)
    .replace(
      /\bquery_id\s*=\s*(?<param>\{\s*\w+\s*:\s*String\s*\})/gi,
      (_all, param: string) => `${MARKED} = concat('${mark('')}', ${param})`,
    );
}

/** A setting that means nothing to the engine. A comment in the text would be lost where parameters are put into it. */
export const MARK_SETTING = 'log_comment';
const MARKED = `Settings['${MARK_SETTING}']`;

/** What a query carries so that it can be found in `system.processes`. */
export function mark(queryId: string): string {
  return `query_id=${queryId}`;
}
