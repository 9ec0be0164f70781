import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const GIVEN = /^[\w.:-]{1,128}$/;

/** No other process has it; a random number for each request would cost more than it is worth. */
const PROCESS = randomBytes(12).toString('hex');
let requests = 0;

/** The caller's own id for the request where it is one that is safe to repeat, else a new one. */
export function requestIdOf({ 'x-request-id': given }: IncomingHttpHeaders): string {
  if (typeof given === 'string' && GIVEN.test(given)) return given;
  return `${PROCESS}-${(++requests).toString(36)}`;
}
