import { SetMetadata } from '@nestjs/common';
import type { CacheDefinition } from '../cache/define-cache.js';
import { defineCache } from '../cache/define-cache.js';
import { StoredAnswer } from './stored-answer.js';

/** The request an answer is kept for. */
interface CachedRequest {
  namespaceId: string;
  params: Readonly<Record<string, string>>;
}

export interface CachedRule {
  cache: CacheDefinition<StoredAnswer>;
  /** What the answer is made of, by its name in `AnswerVersions`. */
  version?: string;
  /** Whatever else makes the answer another one when it changes. */
  tags: (request: CachedRequest) => string[];
  /** Only its JSON is kept: its other formats are streams, as long as they are long. */
  pagesOnly?: true;
  /** The scope the route asks for, which the hot path asks for as well. */
  scope: string;
}

/** A cache of whole answers, compressed once. */
export const answerCache = (name: string, times: { ttlMs: number; staleMs: number }): CacheDefinition<StoredAnswer> =>
  defineCache<StoredAnswer>({
    name,
    ...times,
    codec: { encode: (answer) => answer.encode(), decode: (text) => StoredAnswer.decode(text) },
    sizeOf: (answer) => answer.size,
  });

export const CACHED = Symbol('cached');

/** The route's good answers are kept, per namespace, address and format, and sent from memory while their tags stand. */
export const Cached = (rule: CachedRule) => SetMetadata(CACHED, rule);
