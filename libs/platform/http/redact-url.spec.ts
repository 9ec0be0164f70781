import { expect, it } from 'vitest';
import { redactUrl } from './redact-url.js';

const TOKEN = `strisk_${'Ab-_'.repeat(11)}`;

it.each([
  ['/api/v1/risks?limit=1', '/api/v1/risks?limit=1'],
  ['/api/v1/tokens/self', '/api/v1/tokens/self'],
  ['/a?cursor=%7B%7D&b', '/a?cursor=%7B%7D&b'],
  ['/a?token=x&limit=1', '/a?token=[cut]&limit=1'],
  ['/a?limit=1&access_token=x', '/a?limit=1&access_token=[cut]'],
  ['/a?API-KEY=x=y&Authorization=z', '/a?API-KEY=[cut]&Authorization=[cut]'],
  ['/a?%74oken=x', '/a?%74oken=[cut]'],
  ['/a?%zz=x', '/a?%zz=[cut]'],
  [`/a/${TOKEN}/rotate`, '/a/strisk_[cut]/rotate'],
  [`/a?${TOKEN}`, '/a?strisk_[cut]'],
  [`/a?q=${TOKEN}&b=1`, '/a?q=strisk_[cut]&b=1'],
])('%s is logged as %s', (url, shown) => expect(redactUrl(url)).toBe(shown));

it('what is long is done at once', () => {
  for (const part of ['key', 'token=', 'key&', '%', '?', 'strisk_', '%74oken'])
    expect(redactUrl(`/?${part.repeat(200_000)}&a=1`).length).toBeGreaterThan(0);
});
