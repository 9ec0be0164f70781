import { z } from 'zod';

/** Readers of environment variables that say what was expected, by capability schemas. */
export const integer = (min: number, max: number) =>
  z.string().transform((text, ctx) => {
    // Number() reads blanks as 0 and hexadecimal digits as what nobody meant.
    const value = /^\s*-?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isInteger(value) || value < min || value > max) {
      ctx.addIssue({ code: 'custom', message: `must be a whole number from ${min} to ${max}` });
      return z.NEVER;
    }
    return value;
  });

/** Different whole numbers, in rising order: `24,168`. */
export const integers = (min: number, max: number, most: number) =>
  z.string().transform((text, ctx) => {
    const parts = text.split(',');
    const values = parts.map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN));
    const fit = values.every((value) => Number.isInteger(value) && value >= min && value <= max);
    if (!fit || values.length > most || new Set(values).size < values.length) {
      ctx.addIssue({
        code: 'custom',
        message: `must be at most ${most} different whole numbers from ${min} to ${max}, separated by commas`,
      });
      return z.NEVER;
    }
    return values.toSorted((a, b) => a - b);
  });

export const onOff = z.enum(['on', 'off'], { error: 'must be on or off' }).transform((value) => value === 'on');

export const serverUrl = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1)),
      `must be a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    );
