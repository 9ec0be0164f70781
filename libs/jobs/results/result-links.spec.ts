import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { resultLinkQuery } from '#contracts';
import { ResultLinks } from './result-links.js';

describe('links to results', () => {
  const links = new ResultLinks(randomBytes(32));
  const now = Date.parse('2026-01-31T08:00:00Z');
  const jobId = randomUUID();
  const sha256 = 'ab'.repeat(32);
  const query = (text: string) => resultLinkQuery.parse(Object.fromEntries(new URLSearchParams(text)));
  const good = query(links.sign({ jobId, sha256, expiresAt: now + 60_000 }));
  const code = (given: typeof good, of = jobId, at = now) => {
    try {
      links.verify(of, given, at);
      return 'good';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it('are good until their second and not beyond', () => {
    expect(code(good)).toBe('good');
    expect(code(good, jobId, now + 59_999)).toBe('good');
    expect(code(good, jobId, now + 60_000)).toBe('LINK_EXPIRED');
  });

  it('are for one file of one job', () => {
    expect(code(good, randomUUID())).toBe('LINK_INVALID');
    expect(code({ ...good, sha256: 'ac'.repeat(32) })).toBe('LINK_INVALID');
  });

  it('cannot be made to last longer, nor be made without the key', () => {
    expect(code({ ...good, expires: String(Number(good.expires) + 1) })).toBe('LINK_INVALID');
    expect(code({ ...good, expires: `${good.expires}.0` })).toBe('LINK_INVALID');
    const other = new ResultLinks(randomBytes(32)).sign({ jobId, sha256, expiresAt: now + 60_000 });
    expect(code(query(other))).toBe('LINK_INVALID');
  });

  it.each(['', 'x', 'A'.repeat(43), 'ü'.repeat(43)])('with the signature "%s" are none', (signature) =>
    expect(code({ ...good, signature })).toBe('LINK_INVALID'),
  );

  it('that are changed in any letter are none, also after they have expired', () => {
    for (let i = 0; i < good.signature.length - 1; i++) {
      const letter = good.signature[i] === 'A' ? 'B' : 'A';
      const signature = good.signature.slice(0, i) + letter + good.signature.slice(i + 1);
      expect(code({ ...good, signature }, jobId, now + 3_600_000), signature).toBe('LINK_INVALID');
    }
  });

  it('refuse what is no time before they read it as one', () => {
    expect(code({ ...good, expires: '' })).toBe('LINK_INVALID');
    expect(code({ ...good, expires: 'Infinity' })).toBe('LINK_INVALID');
  });
});
