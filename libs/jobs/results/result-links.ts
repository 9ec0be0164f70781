import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { ResultLinkQuery } from '#contracts';
import { AppError } from '#platform';

/** What a link is for. */
interface Linked {
  jobId: string;
  sha256: string;
  /** Milliseconds since 1970, cut to seconds. */
  expiresAt: number;
}

/** Links to files that are good without a token: who has one may read that file until it expires, and nothing else. */
export class ResultLinks {
  private readonly secret: KeyObject;

  /** @param secret shared by all replicas, at least 32 bytes */
  constructor(secret: Buffer) {
    this.secret = createSecretKey(secret);
  }

  /** What stands behind the question mark. */
  sign(linked: Linked): string {
    const expires = String(Math.floor(linked.expiresAt / 1000));
    const signature = this.mac(linked.jobId, linked.sha256, expires).toString('base64url');
    return new URLSearchParams({ sha256: linked.sha256, expires, signature }).toString();
  }

  /** @throws AppError LINK_INVALID, and LINK_EXPIRED of those that were signed here alone */
  verify(jobId: string, { sha256, expires, signature }: ResultLinkQuery, now = Date.now()): void {
    const mac = this.mac(jobId, sha256, expires);
    const given = Buffer.from(signature, 'base64url');
    // Base64 may be written in several ways; of the wrong length it could not be compared.
    if (given.length !== mac.length || !timingSafeEqual(given, mac))
      throw new AppError('LINK_INVALID', 'The link was changed, cut or not made here');
    const expiresAt = Number(expires) * 1000;
    if (expiresAt <= now)
      throw new AppError('LINK_EXPIRED', `The link was good until ${new Date(expiresAt).toISOString()}`);
  }

  private mac(jobId: string, sha256: string, expires: string): Buffer {
    // None of the three can hold a line break where it was signed, so that no two links say the same to the key.
    return createHmac('sha256', this.secret).update(`result-link\n${jobId}\n${sha256}\n${expires}`).digest();
  }
}
