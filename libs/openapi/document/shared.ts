import type { Header, Parameter } from './parts.js';

const NAMESPACE = '^[a-z0-9][a-z0-9_-]{0,62}$';

/** Parameters that many operations take alike. */
export const PARAMETERS: Record<string, Parameter> = {
  Namespace: {
    name: 'X-Namespace',
    in: 'header',
    description:
      "The namespace to act in. A token's own where it belongs to one; an administrator's token names it here, `default` where it is left out.",
    schema: { type: 'string', pattern: NAMESPACE, examples: ['toronto'] },
  },
  RequestId: {
    name: 'X-Request-Id',
    in: 'header',
    description:
      'Comes back with the answer and stands in the log. One is made where it is left out or has another form.',
    schema: { type: 'string' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Chosen by the client, one for each thing it wants done. A repeated request with the same key and body gets the first answer again and changes nothing; with another body it is refused.',
    schema: {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      pattern: '[^ \\t\\u00a0]',
      examples: ['0f3d2a9c-5b1e-4c77-9a52-6f0e7d1c8b34'],
    },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'The `ETag` that was read: the change is made only where nobody changed it since.',
    schema: { type: 'string', pattern: String.raw`^(\*|(W/)?"[0-9]{1,9}")$`, examples: ['"3"'] },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The `ETag` of an answer the client has kept: 304 without a body where it still holds.',
    schema: { type: 'string', examples: ['"2jmj7l5rSw0yVb_vlWAYkK_YBwk"'] },
  },
};

const TEXT = { type: 'string' } as const;
const COUNT = { type: 'integer', minimum: 0 } as const;

export const HEADERS: Record<string, Header> = {
  RequestId: { description: 'The request id, that of the request where it had one.', schema: TEXT },
  ETag: { description: 'Strong tag of this answer, for `If-None-Match` and `If-Match`.', schema: TEXT },
  CacheControl: { description: 'Whether and how the answer may be kept.', schema: TEXT },
  Link: { description: 'The address of the next page, `rel="next"` (RFC 8288); left out on the last.', schema: TEXT },
  Location: { description: 'The address of what was made.', schema: TEXT },
  XCache: {
    description: 'Whether the answer was kept, made now, or is kept and past its time.',
    schema: { type: 'string', enum: ['HIT', 'MISS', 'STALE'] },
  },
  Age: { description: 'Seconds since the answer was made.', schema: COUNT },
  RetryAfter: { description: 'Seconds after which trying again can help.', schema: COUNT },
  WwwAuthenticate: { description: 'How to authenticate: `Bearer`.', schema: TEXT },
  RateLimitLimit: { description: 'Requests allowed in a minute.', schema: COUNT },
  RateLimitRemaining: { description: 'Requests left in this minute.', schema: COUNT },
  RateLimitReset: { description: 'Seconds until the minute ends.', schema: COUNT },
  RateLimitPolicy: { description: 'The limit as the IETF draft writes it: `"minute";q=1000;w=60`.', schema: TEXT },
  RateLimit: { description: 'What is left, likewise: `"minute";r=990;t=40`.', schema: TEXT },
  IdempotentReplayed: { description: '`true`: the first answer again; nothing was done anew.', schema: TEXT },
};

/** Names of headers as they are sent, by their names above. */
export const HEADER_NAMES: Readonly<Record<string, string>> = {
  RequestId: 'X-Request-Id',
  ETag: 'ETag',
  CacheControl: 'Cache-Control',
  Link: 'Link',
  Location: 'Location',
  XCache: 'X-Cache',
  Age: 'Age',
  RetryAfter: 'Retry-After',
  WwwAuthenticate: 'WWW-Authenticate',
  RateLimitLimit: 'RateLimit-Limit',
  RateLimitRemaining: 'RateLimit-Remaining',
  RateLimitReset: 'RateLimit-Reset',
  RateLimitPolicy: 'RateLimit-Policy',
  RateLimit: 'RateLimit',
  IdempotentReplayed: 'Idempotent-Replayed',
};
