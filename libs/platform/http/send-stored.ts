import type { ContentCoding } from './content-coding.js';
import { matchesTag, tagIn } from './content-coding.js';
import type { StoredAnswer } from './stored-answer.js';

export type CacheState = 'HIT' | 'MISS' | 'STALE';

export interface ReadyAnswer {
  status: 200 | 304;
  headers: Record<string, string>;
  body: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** What is sent for a stored answer, the same on the hot path and on the long way. */
export function readyAnswer(
  answer: StoredAnswer,
  { coding, body }: { coding: ContentCoding; body: Buffer },
  ifNoneMatch: string | undefined,
  state: CacheState,
  ageMs: number,
): ReadyAnswer {
  const headers: Record<string, string> = {
    ETag: tagIn(answer.tag, coding),
    // Kept by the client and asked for each time: a new surface or a change is seen at once, and nothing is sent twice.
    'Cache-Control': 'private, no-cache',
    Vary: 'Accept, Accept-Encoding, Authorization, X-Namespace',
    'X-Cache': state,
    Age: String(Math.max(0, Math.floor(ageMs / 1000))),
    ...answer.headers,
  };
  if (ifNoneMatch !== undefined && matchesTag(ifNoneMatch, answer.tag)) return { status: 304, headers, body: NOTHING };
  headers['Content-Type'] = answer.contentType;
  headers['Content-Length'] = String(body.length);
  if (coding !== 'identity') headers['Content-Encoding'] = coding;
  return { status: 200, headers, body };
}
