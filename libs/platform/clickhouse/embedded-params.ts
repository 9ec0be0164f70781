const NAME = /^[A-Za-z_]\w*$/;

/**
 * A statement that sets parameters on the connection, in front of the query that uses them, and a mark by which the query
 * can be found among those that run; comments do not get that far.
 *
 * chDB's own binding lets one parameterised query of the whole process run at a time, for it does not keep parameters of
 * two connections apart. `SET` does, and a connection runs one query at a time.
 * @param mark empty: it need not be found; that of the query before must not stay
 * @throws TypeError for a value that is no text, number, boolean, null or list of such
 */
export function paramStatement(params: Readonly<Record<string, unknown>>, mark = ''): string {
  const assignments = Object.entries(params).map(([name, value]) => {
    if (!NAME.test(name)) throw new TypeError(`"${name}" is not a name of a parameter`);
    return `param_${name} = ${quoted(fieldOf(value))}`;
  });
  return `SET ${[`log_comment = ${quoted(mark)}`, ...assignments].join(', ')};\n`;
}

/** A value as a field of ClickHouse's TSV, which is how it reads parameters. */
function fieldOf(value: unknown): string {
  if (typeof value === 'string') return escaped(value);
  if (value === null) return String.raw`\N`;
  if (typeof value === 'boolean') return value ? '1' : '0';
  return itemOf(value);
}

/** A value as it is written within a list. */
function itemOf(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isNaN(value) ? 'nan' : String(value).replace('Infinity', 'inf');
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return `[${value.map(itemOf).join(',')}]`;
  throw new TypeError(`A ${typeof value} cannot be a parameter`);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': String.raw`\\`,
  "'": String.raw`\'`,
  '\0': String.raw`\0`,
  '\b': String.raw`\b`,
  '\f': String.raw`\f`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
};

const escaped = (text: string) => text.replace(/[\\'\0\b\f\n\r\t]/g, (character) => ESCAPES[character] ?? '');
const quoted = (text: string) => `'${escaped(text)}'`;
