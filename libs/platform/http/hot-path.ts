import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { Cache } from '../cache/cache.js';
import { Postgres } from '../postgres/postgres.service.js';
import { AnswerVersions } from './answer-versions.js';
import type { CachedRule } from './cached.js';
import { codingFor } from './content-coding.js';
import { FrontDoor, type KnownCaller } from './front-door.js';
import { inProcessCaller } from './in-process.js';
import { readyAnswer } from './send-stored.js';
import { SECURITY_HEADERS } from './security-headers.js';

/** Addresses remembered as having answers that are kept; those asked for least lately go first. */
const MAX_ADDRESSES = 50_000;

/** Addresses of one namespace that are asked for again when what they show has changed. */
const MAX_LATELY = 8;
/** Namespaces whose last addresses are remembered. */
const MAX_NAMESPACES = 1_000;

/** An address whose answers are kept. */
export interface Address {
  url: string;
  accept: string;
  rule: CachedRule;
}

/** One that was answered before, whatever the namespace. */
interface Known extends Address {
  /** The cache's key behind the namespace. */
  suffix: string;
}

const CALLER = Symbol('hot-path-caller');

/**
 * Answers what is kept in memory before anything else of the framework runs. It lets nobody in that the long way would
 * not: the same tokens, scopes, namespaces and budgets, asked for at the front door; the key holds the namespace.
 */
@Injectable()
export class HotPath {
  private readonly addresses = new LRUCache<string, Known>({ max: MAX_ADDRESSES });
  private readonly recent = new LRUCache<string, LRUCache<string, Known>>({ max: MAX_NAMESPACES });
  private readonly first: Address[] = [];

  constructor(
    private readonly cache: Cache,
    private readonly door: FrontDoor,
    private readonly versions: AnswerVersions,
    private readonly postgres: Postgres,
  ) {}

  /** The request's address has an answer that is kept: the next time it is looked for here. */
  remember(request: FastifyRequest, namespaceId: string, rule: CachedRule, suffix: string): void {
    const key = addressOf(request);
    const known = { url: request.raw.url ?? '', accept: request.raw.headers.accept ?? '', rule, suffix };
    this.addresses.set(key, known);
    if (inProcessCaller()) return;
    let recent = this.recent.get(namespaceId);
    if (!recent) this.recent.set(namespaceId, (recent = new LRUCache({ max: MAX_LATELY })));
    recent.set(key, known);
  }

  /** An address to be answered in advance for namespaces that nobody has asked about yet. */
  expect(address: Address): void {
    this.first.push(address);
  }

  /** What the namespace was last asked for, the latest first. */
  lately(namespaceId: string): readonly Address[] {
    const recent = this.recent.get(namespaceId);
    return recent ? [...recent.values()] : this.first;
  }

  /** The key of a kept answer. */
  keyOf(namespaceId: string, rule: CachedRule, suffix: string): string {
    return `${namespaceId}@${this.versions.of(rule.version, namespaceId)} ${suffix}`;
  }

  /** @returns whether the request was answered */
  answer(request: FastifyRequest, reply: FastifyReply): boolean {
    const { method, headers } = request.raw;
    // Answers across origins carry more headers, which the long way writes.
    if ((method !== 'GET' && method !== 'HEAD') || headers.origin !== undefined) return false;
    // A batch that is all or nothing reads what it has changed itself.
    if (this.postgres.inTransaction) return false;
    const address = this.addresses.get(addressOf(request));
    if (!address) return false;
    const caller = this.door.known(headers);
    if (!caller?.mayRead(address.rule.scope)) return false;
    const hit = this.cache.peek(address.rule.cache, this.keyOf(caller.namespaceId, address.rule, address.suffix));
    const body = hit?.value.ready(codingFor(headers['accept-encoding']));
    if (!hit || !body) return false;
    const budget = this.door.take(caller);
    if (!budget) return false;

    const age = Date.now() - hit.storedAt;
    const { status, headers: own, body: bytes } = readyAnswer(hit.value, body, headers['if-none-match'], 'HIT', age);
    (request as { [CALLER]?: KnownCaller })[CALLER] = caller;
    reply.hijack();
    reply.raw.writeHead(status, { 'X-Request-Id': request.id, ...SECURITY_HEADERS, ...budget, ...own });
    reply.raw.end(method === 'HEAD' ? undefined : bytes);
    return true;
  }
}

/** Who was answered on the hot path; undefined for requests that went the long way. */
export function hotCallerOf(request: FastifyRequest): KnownCaller | undefined {
  return (request as { [CALLER]?: KnownCaller })[CALLER];
}

function addressOf(request: FastifyRequest): string {
  return `${request.raw.url} ${request.raw.headers.accept ?? ''}`;
}
