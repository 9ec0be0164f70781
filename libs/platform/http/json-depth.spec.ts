import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excessOf, MAX_JSON_DEPTH, MAX_JSON_VALUES } from './json-depth.js';

const of = (text: string) => excessOf(Buffer.from(text));
const nested = (levels: number, open = '[', close = ']') => open.repeat(levels) + close.repeat(levels);

describe('the depth of a JSON text', () => {
  it('is bounded for arrays and objects alike', () => {
    expect(of(nested(MAX_JSON_DEPTH))).toBeUndefined();
    expect(of(nested(MAX_JSON_DEPTH + 1))).toBe('depth');
    expect(of(nested(MAX_JSON_DEPTH + 1, '{"a":', '}'))).toBe('depth');
    // Never closed, as nobody parses it to the end.
    expect(of('['.repeat(1_000_000))).toBe('depth');
  });

  it('is not that of brackets side by side, nor of those in strings', () => {
    expect(of(`[${'[],'.repeat(1_000)}[]]`)).toBeUndefined();
    expect(of(JSON.stringify({ text: '['.repeat(100) }))).toBeUndefined();
    expect(of(JSON.stringify({ text: `\\"${'['.repeat(100)}\\` }))).toBeUndefined();
    expect(of(JSON.stringify(`\\${'{"'.repeat(100)}`))).toBeUndefined();
    expect(of(`{"a":"\\\\","b":${nested(40)}}`)).toBe('depth');
  });

  it('is found in every JSON as a walk through the parsed value finds it', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 0, max: 40 }), (json, more) => {
        const text = '['.repeat(more) + json + ']'.repeat(more);
        expect(of(text) === 'depth').toBe(depthOf(JSON.parse(text)) > MAX_JSON_DEPTH);
      }),
    );
  });
});

describe('the number of values in a JSON text', () => {
  it('is bounded', () => {
    expect(of(`[${'0,'.repeat(MAX_JSON_VALUES - 2)}0]`)).toBeUndefined();
    expect(of(`[${'0,'.repeat(MAX_JSON_VALUES)}0]`)).toBe('values');
    expect(of('[]'.repeat(MAX_JSON_VALUES))).toBe('values');
    expect(of(JSON.stringify(','.repeat(MAX_JSON_VALUES + 1)))).toBeUndefined();
  });
});
