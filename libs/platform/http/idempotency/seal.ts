import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Answers are kept sealed under the caller's own token, which the platform does not keep: what was shown to somebody
 * once, such as a new token, can be read again by them alone.
 */
export function seal(plain: string, secret: string, binding: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, keyOf(secret, binding), nonce);
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** @throws Error where it was sealed under another token, or changed */
export function unseal(sealed: Buffer, secret: string, binding: string): string {
  const decipher = createDecipheriv(ALGORITHM, keyOf(secret, binding), sealed.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const body = sealed.subarray(NONCE_BYTES + TAG_BYTES);
  return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
}

function keyOf(secret: string, binding: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, binding, 'strisk idempotency', 32));
}
