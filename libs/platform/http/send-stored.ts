import type { ContentCoding } from './content-coding.js';
import { matchesTag, tagIn } from './content-coding.js';
import { SECURITY_HEADERS } from './security-headers.js';
import type { StoredAnswer } from './stored-answer.js';

export type CacheState = 'HIT' | 'MISS' | 'STALE';

export interface ReadyAnswer {
  status: 200 | 304;
  headers: Record<string, string>;
  body: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** A stored answer in the coding that is to be sent. */
export interface Coded {
  coding: ContentCoding;
  body: Buffer;
}

/** The headers that an answer has each time it is sent. */
function lastingHeaders(answer: StoredAnswer, coding: ContentCoding): Record<string, string> {
  return {
    ETag: tagIn(answer.tag, coding),
    // Kept by the client and asked for each time: a new surface or a change is seen at once, and nothing is sent twice.
    'Cache-Control': 'private, no-cache',
    Vary: 'Accept, Accept-Encoding, Authorization, X-Namespace',
    ...answer.headers,
  };
}

/** Those that describe the body, which a 304 has not. */
function bodyHeaders(answer: StoredAnswer, { coding, body }: Coded): Record<string, string> {
  return {
    'Content-Type': answer.contentType,
    'Content-Length': String(body.length),
    ...(coding === 'identity' ? {} : { 'Content-Encoding': coding }),
  };
}

const ageOf = (ageMs: number) => String(Math.max(0, Math.floor(ageMs / 1000)));

/** What is sent for a stored answer, the same on the hot path and on the long way. */
export function readyAnswer(
  answer: StoredAnswer,
  coded: Coded,
  ifNoneMatch: string | undefined,
  state: CacheState,
  ageMs: number,
): ReadyAnswer {
  const headers = { ...lastingHeaders(answer, coded.coding), 'X-Cache': state, Age: ageOf(ageMs) };
  if (ifNoneMatch !== undefined && matchesTag(ifNoneMatch, answer.tag)) return { status: 304, headers, body: NOTHING };
  return { status: 200, headers: { ...headers, ...bodyHeaders(answer, coded) }, body: coded.body };
}

/** By the body, of which there is one for each answer and coding. */
const lines = new WeakMap<Buffer, readonly string[]>();

/**
 * The same for the hot path: the status, names and values in turn as Node writes them, and the body. All but the age is
 * put together once.
 */
export function hotAnswer(
  answer: StoredAnswer,
  coded: Coded,
  ifNoneMatch: string | undefined,
  ageMs: number,
): { status: 200 | 304; lines: string[]; body: Buffer } {
  if (ifNoneMatch !== undefined) {
    const { status, headers, body } = readyAnswer(answer, coded, ifNoneMatch, 'HIT', ageMs);
    return { status, lines: flat({ ...SECURITY_HEADERS, ...headers }), body };
  }
  let lasting = lines.get(coded.body);
  if (!lasting) {
    const headers = { ...lastingHeaders(answer, coded.coding), ...bodyHeaders(answer, coded) };
    lasting = flat({ ...SECURITY_HEADERS, ...headers, 'X-Cache': 'HIT' });
    lines.set(coded.body, lasting);
  }
  return { status: 200, lines: [...lasting, 'Age', ageOf(ageMs)], body: coded.body };
}

const flat = (headers: Readonly<Record<string, string>>): string[] => Object.entries(headers).flat();
