import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Bull Board is looked at in a browser, whose requests carry no token: this cookie stands for one. */
export const BOARD_COOKIE = 'strisk_board';
export const BOARD_SESSION_MS = 15 * 60_000;

const payload = z.tuple([z.uuid(), z.int()]);

/** Short-lived stand-ins for administrators' tokens: whose, and until when, signed. The token itself is not in them. */
export class BoardSessions {
  private readonly secret: KeyObject;

  /** @param secret shared by all replicas, at least 32 bytes */
  constructor(secret: Buffer) {
    this.secret = createSecretKey(secret);
  }

  issue(tokenId: string, expiresAt: number): string {
    const body = Buffer.from(JSON.stringify([tokenId, expiresAt])).toString('base64url');
    return `${body}.${this.mac(body).toString('base64url')}`;
  }

  /** Whose it is; undefined where it is none of ours, or over. */
  tokenIdIn(cookieHeader: string | undefined, now = Date.now()): string | undefined {
    const [body = '', signature = ''] = (cookieIn(cookieHeader) ?? '').split('.', 2);
    const mac = this.mac(body);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== mac.length || !timingSafeEqual(given, mac)) return undefined;
    const [tokenId, expiresAt] = payload.parse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')));
    return expiresAt > now ? tokenId : undefined;
  }

  private mac(body: string): Buffer {
    return createHmac('sha256', this.secret).update(`board-session\n${body}`).digest();
  }
}

function cookieIn(header: string | undefined): string | undefined {
  const pairs = header?.split(';').map((pair) => pair.trim()) ?? [];
  return pairs.find((pair) => pair.startsWith(`${BOARD_COOKIE}=`))?.slice(BOARD_COOKIE.length + 1);
}
