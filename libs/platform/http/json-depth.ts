/** Levels of arrays and objects in a JSON body. Nothing that is taken here needs more than ten. */
export const MAX_JSON_DEPTH = 32;
/** Values in a JSON body: 10,000 events with all their fields and attributes have under half of it. */
export const MAX_JSON_VALUES = 1_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/**
 * What is too much of a JSON text, found in one pass and before anything is made of it: parsed, a few megabytes of
 * brackets take hundreds. Whether it is JSON at all is the parser's to say.
 */
export function excessOf(json: Uint8Array): 'depth' | 'values' | undefined {
  const { length } = json;
  // Every level takes a byte.
  if (length <= MAX_JSON_DEPTH) return undefined;
  let depth = 0;
  let values = 1;
  for (let i = 0; i < length; i++) {
    const byte = json[i];
    if (byte === QUOTE) {
      // To the closing one; what is escaped closes nothing.
      for (i++; i < length && json[i] !== QUOTE; i++) if (json[i] === BACKSLASH) i++;
    } else if (byte === COMMA) {
      if (++values > MAX_JSON_VALUES) return 'values';
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > MAX_JSON_DEPTH) return 'depth';
      if (++values > MAX_JSON_VALUES) return 'values';
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return undefined;
}
