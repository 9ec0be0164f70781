const PLAIN = /^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;
const GROUPED = /^([+-]?)[$€£]? ?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?$/;
const NOTHING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', 'nil', '-', '\\n']);

/** What files write where a value is missing; an optional field is left out for it. */
export function isNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value === 'number') return Number.isNaN(value);
  return typeof value === 'string' && value.length <= 4 && NOTHING.has(value.trim().toLowerCase());
}

/** A coordinate or other plain number, NaN for what is none. `decimalComma`: `43,65` is 43.65. */
export function readNumber(value: unknown, decimalComma: boolean): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') return Number.NaN;
  const text = value.trim();
  if (PLAIN.test(text)) return Number(text);
  if (decimalComma && DECIMAL_COMMA.test(text)) return Number(text.replace(',', '.'));
  return Number.NaN;
}

/** A number that may also be written as money: `$1,234.50`. */
export function readAmount(value: unknown, decimalComma: boolean): number {
  const plain = readNumber(value, decimalComma);
  if (!Number.isNaN(plain) || typeof value !== 'string') return plain;
  const match = GROUPED.exec(value.trim());
  return match === null ? Number.NaN : Number(`${match[1]}${(match[2] as string).replace(/,/g, '')}${match[3] ?? ''}`);
}

/** A value as users know it from their file, shortened, for a message. */
export function quote(value: unknown): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid date' : value.toISOString();
  const text = plainText(value) ?? jsonText(value);
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`;
}

/** JSON of any value a file can hold; the big integers of Parquet, which JSON.stringify refuses, become texts. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner)) ?? '';
}

/** Text of an identifier or type: strings trimmed, numbers in full. Null for what has no plain text. */
export function plainText(value: unknown): string | null {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return null;
}
