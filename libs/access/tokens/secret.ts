import { hash, randomBytes } from 'node:crypto';

const PREFIX = 'strisk_';

/** A new token: 256 random bits, with a prefix by which secret scanners know it. */
export function newSecret(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

/** What is kept of a token. The look-up is by this hash, so comparing takes as long for a wrong token as for a right one. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]{16,512})$/i;

/** The token in an Authorization header; undefined where the header is of another form. */
export function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : BEARER.exec(header)?.[1];
}
