import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { z } from 'zod';
import type { Bus } from '../bus/bus.js';
import { RequestContext, requestContext, runInContext } from '../http/request-context.js';
import type { CacheRedis } from '../redis/cache-redis.js';
import { CacheMetrics } from './cache-metrics.js';
import type { CacheDefinition } from './define-cache.js';
import { type Entry, makeEntry, type Times, timesOf } from './entry.js';
import { FillLocks, type HeldLock } from './fill-lock.js';
import { MemoryLevel } from './memory-level.js';
import { type Look, RedisLevel } from './redis-level.js';
import { CacheStatistics } from './statistics.js';
import { type Fence, stands, Tags } from './tags.js';
import { isDueEarly } from './timing.js';
import { type Warmer, Warmers } from './warmers.js';

/** While other processes are not heard a value of this age may have been invalidated by one of them. */
const BLIND_MS = 30_000;
/** After a failed load the old value is served this long before the next attempt. */
const RETRY_MS = 1_000;
/** However long others load: after this a process loads for itself. Those who wait have deadlines of their own. */
const LONGEST_WAIT_MS = 30_000;
const INVALIDATED = 'cache.invalidated';
/** Characters of tags in one message; escapes may make seven bytes of one. */
const TAGS_PER_MESSAGE = 900;
const SHUTDOWN_PATIENCE_MS = 1_000;

const tagList = z.array(z.string());

export interface CacheHit<T> {
  readonly value: T;
  /** When it was made; milliseconds since the epoch. */
  readonly storedAt: number;
}

export interface CacheAnswer<T> extends CacheHit<T> {
  /** STALE: older than it should be, while a new one is made or because none can be made. */
  readonly state: 'HIT' | 'MISS' | 'STALE';
}

/** An answer that is given and not kept. */
class NotKept<T> {
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }
}

/** Where a value of a cache lies. Text that is kept is hashed once, and made anew costs as much as finding what it names. */
export type CachePlace<T> = string & { readonly of?: T };

export const placeOf = <T>(definition: CacheDefinition<T>, key: string): CachePlace<T> =>
  `${definition.name}:${key}` as CachePlace<T>;

/** What a load returns for an answer that is good now and should not be kept: nothing was found, something is missing in it. */
export const doNotKeep = <T>(value: T): NotKept<T> => new NotKept(value);

type Load<T> = (signal: AbortSignal) => Promise<T | NotKept<T>>;

interface Outcome {
  readonly value: unknown;
  readonly storedAt: number;
  readonly state: CacheAnswer<unknown>['state'];
}

/** Everything that one load is about. */
interface Job {
  readonly definition: CacheDefinition<unknown>;
  readonly id: string;
  readonly tags: readonly string[];
  readonly load: Load<unknown>;
  readonly fence: Fence;
  readonly statistics: CacheStatistics;
  /** A value of the second level serves if it was made after this. */
  readonly newerThan: number;
}

interface Flight {
  readonly fence: Fence;
  readonly outcome: Promise<Outcome>;
}

/**
 * Two levels, one load. Values are looked for in this process, then in Redis; what is nowhere is loaded once, in this process
 * and over all of them. Old values serve while new ones are made or where none can be made; invalidated ones never do. Without
 * Redis, or while it is away, the first level serves alone. See docs/caching.md.
 */
export class Cache implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly bus: Bus;
  private readonly tags = new Tags();
  private readonly memory: MemoryLevel;
  private readonly remote: { level: RedisLevel; locks: FillLocks } | undefined;
  private readonly flights = new Map<string, Flight>();
  private readonly statistics = new Map<string, CacheStatistics>();
  private readonly background = new Set<Promise<void>>();
  private readonly warmers = new Warmers();
  private readonly metrics: CacheMetrics;
  private readonly logger = new Logger('Cache');
  private readonly unsubscribe: (() => void)[];

  constructor(redis: CacheRedis, bus: Bus, memoryBytes: number) {
    this.bus = bus;
    this.memory = new MemoryLevel(memoryBytes, this.tags);
    if (redis.client)
      this.remote = {
        level: new RedisLevel(redis, redis.client, (tags) => void this.tell(tags)),
        locks: new FillLocks(redis, bus),
      };
    this.unsubscribe = [
      bus.subscribe(INVALIDATED, (message) => this.invalidated(tagList.parse(JSON.parse(message)))),
      // What others invalidated meanwhile is not known.
      bus.onReconnect(() => this.flush()),
    ];
    this.metrics = new CacheMetrics(this.statistics);
  }

  get memoryUse(): { limitBytes: number; bytes: number; entries: number } {
    const { limitBytes, bytes, entries } = this.memory;
    return { limitBytes, bytes, entries };
  }

  /** Of this process since its start. */
  statisticsOf(definition: { name: string }): Readonly<CacheStatistics> {
    return this.counters(definition.name);
  }

  /** A fresh value of this process's memory, at once; undefined where `getOrLoad` has something to do. */
  peek<T>(definition: CacheDefinition<T>, key: string): CacheHit<T> | undefined {
    return this.peekAt(placeOf(definition, key));
  }

  /** The same for who asks for one value again and again and keeps its place. */
  peekAt<T>(place: CachePlace<T>): CacheHit<T> | undefined {
    const entry = this.memory.find(place);
    if (!entry || !stands(entry.fence)) return undefined;
    const now = Date.now();
    if (!this.isFresh(entry, now) || isDue(entry, now)) return undefined;
    entry.statistics.memoryHits++;
    return entry as CacheHit<T>;
  }

  /**
   * The value of a key. Callers that ask for the same share one load and wait no longer than their own requests may.
   * @param options.tags what makes the value another one when it changes
   * @param load runs with a deadline of its own; what it throws is never kept
   */
  async getOrLoad<T>(
    definition: CacheDefinition<T>,
    key: string,
    options: { tags?: readonly string[] },
    load: Load<T>,
  ): Promise<CacheAnswer<T>> {
    const id = placeOf(definition, key);
    const tags = [...new Set(options.tags)].sort();
    const job = { definition, id, tags, load, statistics: this.counters(definition.name) };
    const entry = this.memory.find(id);
    const now = Date.now();
    if (entry && stands(entry.fence) && now < entry.staleUntil) {
      const fresh = this.isFresh(entry, now);
      if (!fresh || isDue(entry, now)) this.refresh(job, entry, now);
      if (fresh) entry.statistics.memoryHits++;
      else entry.statistics.stale++;
      return { value: entry.value as T, storedAt: entry.storedAt, state: fresh ? 'HIT' : 'STALE' };
    }
    const outcome = await orGivenUp(this.fly(job, -Infinity).outcome, requestContext()?.signal);
    if (outcome.state === 'HIT') job.statistics.redisHits++;
    else if (outcome.state === 'STALE') job.statistics.stale++;
    else job.statistics.misses++;
    return outcome as CacheAnswer<T>;
  }

  /**
   * Everything behind one of these tags is dead: here at once, everywhere when the promise settles (where Redis or the bus are
   * away, as soon as they are back). Call it after the change is committed. Never rejects.
   */
  async invalidate(...tags: string[]): Promise<void> {
    if (tags.length === 0) return;
    for (const tag of tags) this.tags.invalidate(tag);
    // First Redis and then the others: who is told must not find the old value there. One whose invalidation is late is told again.
    if (this.remote) await this.remote.level.forget(tags);
    await this.tell(tags);
  }

  /** Has `warmer` fill caches at the start and after the invalidations it names. */
  warm(warmer: Warmer): void {
    this.warmers.add(warmer);
  }

  onApplicationBootstrap(): void {
    this.warmers.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.warmers.stop();
    for (const end of this.unsubscribe) end();
    this.remote?.locks.close();
    this.remote?.level.close();
    this.metrics.close();
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, SHUTDOWN_PATIENCE_MS);
    await Promise.race([Promise.allSettled(this.background), patience.promise]);
    clearTimeout(timer);
  }

  private isFresh(entry: Entry, now: number): boolean {
    return now < entry.freshUntil && (this.bus.connected || now - entry.storedAt <= BLIND_MS);
  }

  private counters(name: string): CacheStatistics {
    let statistics = this.statistics.get(name);
    if (!statistics) this.statistics.set(name, (statistics = new CacheStatistics()));
    return statistics;
  }

  private async tell(tags: readonly string[]): Promise<void> {
    let message: string[] = [];
    let length = 0;
    for (const tag of tags) {
      if (length + tag.length > TAGS_PER_MESSAGE && message.length > 0) {
        await this.bus.publish(INVALIDATED, JSON.stringify(message));
        message = [];
        length = 0;
      }
      message.push(tag);
      length += tag.length + 1;
    }
    if (message.length > 0) await this.bus.publish(INVALIDATED, JSON.stringify(message));
  }

  /** Told by any process, this one too: what was read from Redis while it did not know yet dies here. */
  private invalidated(tags: readonly string[]): void {
    for (const tag of tags) {
      if (tag === '*') this.flush();
      else this.tags.invalidate(tag);
    }
    this.warmers.invalidated(tags);
  }

  private flush(): void {
    this.tags.invalidateAll();
    this.memory.clear();
  }

  /** Starts the load of a newer value behind an old one's back. */
  private refresh(job: Omit<Job, 'fence' | 'newerThan'>, entry: Entry, now: number): void {
    if (now < entry.quietUntil) return;
    entry.quietUntil = Infinity;
    entry.due = false;
    const { outcome } = this.fly(job, entry.storedAt);
    void outcome.then(
      // Another value lies there now, unless this one was not to be kept.
      () => (entry.quietUntil = Date.now() + RETRY_MS),
      (error: unknown) => {
        entry.quietUntil = Date.now() + RETRY_MS;
        this.logger.warn(
          `${job.definition.name}: no new value: ${error instanceof Error ? error.message : String(error)}`,
        );
      },
    );
  }

  private fly(parts: Omit<Job, 'fence' | 'newerThan'>, newerThan: number): Flight {
    const { id } = parts;
    const present = this.flights.get(id);
    // One that began before an invalidation brings what nobody who asks now should get.
    if (present && stands(present.fence)) return present;
    const fence = this.tags.fence(parts.tags);
    const outcome = this.fill({ ...parts, fence, newerThan }).finally(() => {
      if (this.flights.get(id) === flight) this.flights.delete(id);
      this.tags.release(fence);
    });
    const flight = { fence, outcome };
    this.flights.set(id, flight);
    return flight;
  }

  /** From the second level, or by the load, alone among all processes. */
  private async fill(job: Job): Promise<Outcome> {
    const remote = job.definition.codec ? this.remote : undefined;
    const look = await remote?.level.look(job.id, job.tags);
    if (!remote || !look) return this.load(job);
    return (await this.adopt(job, look)) ?? this.loadAlone(job, look, remote.level, remote.locks);
  }

  private async loadAlone(job: Job, first: Look, level: RedisLevel, locks: FillLocks): Promise<Outcome> {
    const { id, tags } = job;
    const giveUpAt = Date.now() + LONGEST_WAIT_MS;
    let look: Look | undefined = first;
    while (look && Date.now() < giveUpAt) {
      const name = locks.nameOf(id, look.ids);
      const listener = locks.listen(name);
      try {
        const lock = await locks.take(name);
        if (lock === undefined) break;
        const ended = lock === 'taken' ? await listener.ended() : undefined;
        // With the lock too: it may have been filled between the look and the lock.
        look = await level.look(id, tags);
        const found = look && (await this.adopt(job, look));
        if (lock !== 'taken') {
          if (!found && look) return await this.load(job, { ids: look.ids, lock });
          this.afterwards(lock.end('kept'));
        }
        if (found) return found;
        if (ended === 'not-kept') break;
      } finally {
        listener.stop();
      }
    }
    return this.load(job);
  }

  /** Takes a value of the second level over into the first. */
  private async adopt(job: Job, { record }: Look): Promise<Outcome | undefined> {
    if (!record || record.times.storedAt <= job.newerThan) return undefined;
    let value: unknown;
    try {
      value = job.definition.codec?.decode(record.text);
    } catch {
      // Written by another version of this program: loaded anew and written over.
      return undefined;
    }
    const now = Date.now();
    const stale = now >= record.times.freshUntil;
    const entry = await this.keep(job, value, record.times);
    if (stale) this.refreshSoon(job, entry);
    return { value, storedAt: record.times.storedAt, state: stale ? 'STALE' : 'HIT' };
  }

  /** The refresh of what was adopted old: a flight of its own, once the present one is over. */
  private refreshSoon(job: Job, entry: Entry): void {
    setImmediate(() => this.refresh(job, entry, Date.now()));
  }

  private async load(job: Job, filling?: { ids: readonly string[]; lock: HeldLock }): Promise<Outcome> {
    const { definition, statistics, fence } = job;
    const context = contextOf(definition.name);
    const started = performance.now();
    let kept: Promise<void> | undefined;
    try {
      statistics.loads++;
      // Also where it does not heed its signal: who comes later would wait with all the others for a load that hangs.
      const answer = await orGivenUp(
        runInContext(context, () => job.load(context.signal)),
        context.signal,
      );
      const loadMs = performance.now() - started;
      this.metrics.loaded(definition.name, loadMs / 1000);
      if (answer instanceof NotKept) {
        if (stands(fence)) this.afterwards(this.drop(job));
        return { value: answer.value, storedAt: Date.now(), state: 'MISS' };
      }
      const times = timesOf(definition, Date.now(), loadMs, Math.random());
      await this.keep(job, answer, times);
      if (filling && stands(fence)) kept = this.write(job, answer, times, filling.ids);
      return { value: answer, storedAt: times.storedAt, state: 'MISS' };
    } catch (error) {
      statistics.loadFailures++;
      throw error;
    } finally {
      context.end();
      // Whoever waits here has the value; the second level and the other processes get it meanwhile.
      if (filling)
        this.afterwards((kept ?? Promise.resolve()).then(() => filling.lock.end(kept ? 'kept' : 'not-kept')));
    }
  }

  private async write(
    { definition, id, tags }: Job,
    value: unknown,
    times: Times,
    ids: readonly string[],
  ): Promise<void> {
    const text = definition.codec?.encode(value);
    if (text !== undefined) await this.remote?.level.write(id, { times, tags, ids, text });
  }

  /** The old value is not the answer any more, and the new one is not to be kept. */
  private async drop({ id, definition }: Job): Promise<void> {
    this.memory.delete(id);
    if (definition.codec) await this.remote?.level.remove(id);
  }

  private async keep({ id, definition, fence, statistics }: Job, value: unknown, times: Times): Promise<Entry> {
    const size = definition.sizeOf(value);
    const entry = makeEntry({ value, times, fence, size, key: id, statistics });
    if (stands(fence)) await this.memory.set(id, entry);
    return entry;
  }

  private afterwards(work: Promise<void>): void {
    const guarded = work
      .catch((error: unknown) => this.logger.error('The second level could not be written', error))
      .finally(() => this.background.delete(guarded));
    this.background.add(guarded);
  }
}

/** Fresh still, but to be made anew: see timing.ts. Found once, it stays so until a load is started. */
function isDue(entry: Entry, now: number): boolean {
  if (now < entry.earlyFrom || now < entry.quietUntil) return false;
  entry.due ||= isDueEarly(now, entry.freshUntil, entry.loadMs, Math.random());
  return entry.due;
}

/** Everybody may wait for a load, so it is nobody's to give up: it has the time of a request that begins now. */
function contextOf(name: string): RequestContext {
  const caller = requestContext();
  const context = new RequestContext(caller?.requestId ?? `cache:${name}`);
  context.namespaceId = caller?.namespaceId;
  context.tokenId = caller?.tokenId;
  return context;
}

/** @throws the signal's reason where it fires first */
async function orGivenUp<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  // It goes on for the others; nobody may be left to hear how it failed.
  work.catch(() => undefined);
  signal.throwIfAborted();
  const givenUp = Promise.withResolvers<never>();
  const leave = () => givenUp.reject(signal.reason instanceof Error ? signal.reason : new Error('It was given up'));
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([work, givenUp.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
