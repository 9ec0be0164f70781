import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BoardSessions } from './board-sessions.js';

describe('a session of the board', () => {
  const sessions = new BoardSessions(randomBytes(32));
  const now = Date.parse('2026-01-31T08:00:00Z');
  const tokenId = randomUUID();
  const good = sessions.issue(tokenId, now + 1_000);
  const whose = (cookie: string | undefined, at = now) => sessions.tokenIdIn(cookie, at);

  it('stands for a token until it is over', () => {
    expect(whose(`strisk_board=${good}`)).toBe(tokenId);
    expect(whose(`a=1; strisk_board=${good}; b=2`)).toBe(tokenId);
    expect(whose(`strisk_board=${good}`, now + 1_000)).toBeUndefined();
  });

  it('does not hold the token, nor can be lengthened or made without the key', () => {
    const [body = '', mac = ''] = good.split('.');
    const later = Buffer.from(JSON.stringify([tokenId, now + 9_000_000])).toString('base64url');
    expect(whose(`strisk_board=${later}.${mac}`)).toBeUndefined();
    expect(whose(`strisk_board=${new BoardSessions(randomBytes(32)).issue(tokenId, now + 1_000)}`)).toBeUndefined();
    expect(whose(`strisk_board=${body}`)).toBeUndefined();
  });

  it.each([undefined, '', 'strisk_board=', 'strisk_board=.', 'strisk_board=a.b', 'strisk_boardx=1', '=', ';;;'])(
    '%s is none',
    (cookie) => expect(whose(cookie)).toBeUndefined(),
  );
});
