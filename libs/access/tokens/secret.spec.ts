import { describe, expect, it } from 'vitest';
import { bearerToken, hashSecret, newSecret } from './secret.js';

describe('secrets', () => {
  it('are new each time, long, and fit into a header and an address as they are', () => {
    const made = new Set(Array.from({ length: 100 }, newSecret));
    expect(made.size).toBe(100);
    for (const secret of made) {
      expect(secret).toMatch(/^strisk_[\w-]{43}$/);
      expect(bearerToken(`Bearer ${secret}`)).toBe(secret);
    }
  });

  it('are kept as their SHA-256', () => {
    expect(hashSecret('abc').toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('the Authorization header', () => {
  const secret = 'abcdefgh.IJKL_mn-0~+/=';

  it.each([`Bearer ${secret}`, `bearer ${secret}`, `BEARER   ${secret}`])('"%s" carries a token', (header) =>
    expect(bearerToken(header)).toBe(secret),
  );

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer short',
    secret,
    `Basic ${secret}`,
    `Bearer ${secret} more`,
    `Bearer ${secret}\n`,
    `Bearer ${'x'.repeat(513)}`,
    `Bearer ${secret}'--`,
    ` Bearer ${secret}`,
  ])('%j carries none', (header) => expect(bearerToken(header)).toBeUndefined());
});
