import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { Cache, type CachePlace, placeOf } from '../cache/cache.js';
import { AnswerVersions } from './answer-versions.js';
import type { CachedRule } from './cached.js';
import { codingFor } from './content-coding.js';
import { FrontDoor, type KnownCaller } from './front-door.js';
import { inProcessCaller } from './in-process.js';
import { requestIdOf } from './request-id.js';
import { type Asked, askedOf } from './request-line.js';
import { hotAnswer } from './send-stored.js';
import type { StoredAnswer } from './stored-answer.js';

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
  /** As the log and the metrics show it. */
  asked: Asked;
  /** Where the answer lies that was last asked for here. */
  last?: { namespaceId: string; version: string; place: CachePlace<StoredAnswer> };
}

/** What became of a request that was answered here, for its line in the log. */
export interface HotAnswer {
  requestId: string;
  asked: Asked;
  caller: KnownCaller;
}

/**
 * Answers what is kept in memory, in front of the framework. It lets nobody in that the long way would not: the same
 * tokens, scopes, namespaces and budgets, asked for at the front door; the key holds the namespace. Requests within the
 * process (a batch's operations, what is warmed up) begin inside of the framework and never come here.
 */
@Injectable()
export class HotPath {
  private readonly addresses = new LRUCache<string, Known>({ max: MAX_ADDRESSES });
  private readonly recent = new LRUCache<string, LRUCache<string, Known>>({ max: MAX_NAMESPACES });
  private readonly first: Address[] = [];
  private readonly always: string[] = [];

  constructor(
    private readonly cache: Cache,
    private readonly door: FrontDoor,
    private readonly versions: AnswerVersions,
  ) {}

  /** The request's address has an answer that is kept: the next time it is looked for here. */
  remember(request: FastifyRequest, namespaceId: string, rule: CachedRule, suffix: string): void {
    const key = addressOf(request.raw);
    const { url = '' } = request.raw;
    const asked = askedOf('GET', url, request.routeOptions.url);
    const known = { url, accept: request.headers.accept ?? '', rule, suffix, asked };
    this.addresses.set(key, known);
    // What is asked for in advance is what every new surface makes another.
    if (inProcessCaller() || rule.version === undefined) return;
    let recent = this.recent.get(namespaceId);
    if (!recent) this.recent.set(namespaceId, (recent = new LRUCache({ max: MAX_LATELY })));
    recent.set(key, known);
  }

  /** An address to be answered in advance for namespaces that nobody has asked about yet. */
  expect(address: Address): void {
    this.first.push(address);
  }

  /** A header that the framework's plugins write on every answer of the long way. */
  carry(name: string, value: string): void {
    this.always.push(name, value);
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

  private placeOf(address: Known, namespaceId: string): CachePlace<StoredAnswer> {
    const { rule, suffix, last } = address;
    const version = this.versions.of(rule.version, namespaceId);
    if (last && last.namespaceId === namespaceId && last.version === version) return last.place;
    const place = placeOf(rule.cache, this.keyOf(namespaceId, rule, suffix));
    address.last = { namespaceId, version, place };
    return place;
  }

  /** @returns undefined where the request has to take the long way; nothing has been done with it then */
  answer(request: IncomingMessage, response: ServerResponse): HotAnswer | undefined {
    const { method, headers } = request;
    // Answers across origins carry more headers, which the long way writes.
    if ((method !== 'GET' && method !== 'HEAD') || headers.origin !== undefined) return undefined;
    const address = this.addresses.get(addressOf(request));
    if (!address) return undefined;
    const caller = this.door.known(headers, request.socket);
    if (!caller?.mayRead(address.rule.scope)) return undefined;
    const hit = this.cache.peekAt(this.placeOf(address, caller.namespaceId));
    const body = hit?.value.ready(codingFor(headers['accept-encoding']));
    if (!hit || !body) return undefined;
    const budget = this.door.take(caller);
    if (!budget) return undefined;

    const age = Date.now() - hit.storedAt;
    const { status, lines, body: bytes } = hotAnswer(hit.value, body, headers['if-none-match'], age);
    const requestId = requestIdOf(headers);
    lines.push('X-Request-Id', requestId, ...this.always, ...budget);
    response.writeHead(status, lines);
    response.end(method === 'HEAD' ? undefined : bytes);
    const { asked, url } = address;
    return { requestId, asked: method === 'GET' ? asked : askedOf(method, url, asked.route), caller };
  }
}

function addressOf({ url = '', headers: { accept } }: IncomingMessage): string {
  return accept === undefined ? url : `${url} ${accept}`;
}
