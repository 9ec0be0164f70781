import { randomBytes } from 'node:crypto';
import { type Cache as CacheManagerCache, type CacheManagerStore, createCache, KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import type { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import type { CacheRedis } from '../redis/cache-redis.js';
import { readRecord, type RemoteRecord, writeRecord } from './remote-record.js';

const DAY_MS = 86_400_000;
/** Redis holds up every other command while it sends a value. */
const LARGEST_TEXT = 8 * 1024 * 1024;
const RETRY_MS = 250;
/** Tags whose invalidation waits for Redis; beyond it the whole level is left behind instead. */
const MAX_PENDING = 10_000;

/** Gives every tag that has none a name, and answers those of all. */
const NAME_TAGS = `
local ids = {}
for i, key in ipairs(KEYS) do
  local id = redis.call('GET', key)
  if not id then
    id = ARGV[i]
    redis.call('SET', key, id, 'PX', ARGV[#KEYS + 1])
  end
  ids[i] = id
end
return ids`;

/** What the second level says of a key. */
export interface Look {
  /** The present name of each tag: whatever is loaded now is written with these. */
  readonly ids: readonly string[];
  readonly record: RemoteRecord | undefined;
}

/** Every value lies behind this tag as well, so that one command can leave the whole level behind. */
const EVERYTHING = '*';

/**
 * The second level, shared by all processes. In Redis a tag has a random name; a record carries the names its tags had
 * before its load began and is dead when one is called otherwise. To invalidate a tag is to delete its name: the next load
 * gives it a new one that was never used. So a name that Redis evicted or lost makes records dead, and never alive again, as
 * a counter that starts anew would; and no clock is compared. Keys hold the run of the server: what a restart or a failover
 * brought back from a disk or a replica may have missed invalidations.
 */
export class RedisLevel {
  private readonly redis: CacheRedis;
  private readonly cache: CacheManagerCache;
  /** Invalidated here, not yet in Redis; the number is the invalidation's, of which a tag may see several. */
  private readonly pending = new Map<string, number>();
  private invalidations = 0;
  private readonly idPrefix = `${randomBytes(9).toString('base64url')}.`;
  private idsMade = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly late: (tags: string[]) => void;

  /** @param late called with tags whose invalidation could only reach Redis after `forget` had given up */
  constructor(redis: CacheRedis, client: Redis, late: (tags: string[]) => void) {
    this.redis = redis;
    this.late = late;
    // Its types are those of cache-manager 5, which KeyvAdapter is there to bridge.
    const adapter = new KeyvAdapter(redisInsStore(client) as unknown as CacheManagerStore);
    const keyv = new Keyv<RemoteRecord>({
      useKeyPrefix: false,
      // cache-manager and Keyv hide what fails beneath them; the breaker has to see it.
      store: {
        get: async (key: string) => {
          const text = await redis.run('cache read', () => adapter.get<string>(key));
          // Keyv takes anything else for an entry that needs no reading.
          return typeof text === 'string' ? text : undefined;
        },
        set: (key: string, text: string, ttl: number) => redis.run('cache write', () => adapter.set(key, text, ttl)),
        delete: (key: string) => redis.run('cache delete', () => adapter.delete(key)),
        clear: () => Promise.resolve(),
      },
    });
    keyv.serialize = (data) => writeRecord(data.value as RemoteRecord);
    keyv.deserialize = <V>(text: string) => ({ value: readRecord(text) as V });
    this.cache = createCache({ stores: [keyv] });
  }

  /** Not while Redis is away, nor while it holds what was invalidated here. */
  private usable(tags: readonly string[]): boolean {
    if (this.redis.serverId === undefined) return false;
    const { pending } = this;
    return pending.size === 0 || !(pending.has(EVERYTHING) || tags.some((tag) => pending.has(tag)));
  }

  /**
   * @param tags sorted, each once
   * @returns undefined where Redis did not answer
   */
  async look(key: string, tags: readonly string[]): Promise<Look | undefined> {
    if (!this.usable(tags)) return undefined;
    const { prefix } = this;
    const names = [EVERYTHING, ...tags];
    const keys = names.map((tag) => this.tagKey(tag, prefix));
    const [present, record] = await Promise.all([
      this.redis.run('cache tags', (client) => client.mget(keys)),
      this.cache.get<RemoteRecord>(`${prefix}v:${key}`),
    ]);
    const ids = present?.includes(null) ? await this.nameTags(keys) : (present as string[] | undefined);
    // Invalidated here meanwhile and Redis does not know: nothing that it says of the tag is of use.
    if (!ids || !this.usable(tags)) return undefined;
    const alive =
      record !== undefined &&
      sameTexts(record.tags, tags) &&
      sameTexts(record.ids, ids) &&
      record.times.staleUntil > Date.now();
    return { ids, record: alive ? record : undefined };
  }

  async write(key: string, record: RemoteRecord): Promise<void> {
    const ttl = Math.min(record.times.staleUntil - Date.now(), DAY_MS);
    if (ttl < 1 || record.text.length > LARGEST_TEXT || !this.usable(record.tags)) return;
    await this.cache.set(`${this.prefix}v:${key}`, record, Math.ceil(ttl));
  }

  async remove(key: string): Promise<void> {
    await this.cache.del(`${this.prefix}v:${key}`);
  }

  /**
   * Makes everything behind the tags dead for all processes.
   * @returns whether Redis knows; if not, it is told as soon as it is there
   */
  async forget(tags: readonly string[]): Promise<boolean> {
    this.invalidations++;
    for (const tag of tags) this.pending.set(tag, this.invalidations);
    if (this.pending.size > MAX_PENDING) {
      this.pending.clear();
      this.pending.set(EVERYTHING, this.invalidations);
    }
    const told = await this.tell(tags);
    if (!told) this.tellLater();
    return told;
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async tell(tags: readonly string[]): Promise<boolean> {
    if (this.redis.serverId === undefined) return false;
    const asOf = this.invalidations;
    const keys = tags.map((tag) => this.tagKey(tag, this.prefix));
    const answer = await this.redis.run('cache invalidate', (client) => client.unlink(...keys));
    if (answer === undefined) return false;
    // What was invalidated again since this was sent has a command of its own under way.
    for (const tag of tags) if ((this.pending.get(tag) ?? Infinity) <= asOf) this.pending.delete(tag);
    return true;
  }

  private tellLater(): void {
    if (this.timer) return;
    this.timer = setTimeout(() => void this.retry(), RETRY_MS);
    this.timer.unref();
  }

  private async retry(): Promise<void> {
    const tags = [...this.pending.keys()];
    const told = tags.length === 0 || (await this.tell(tags));
    // Closed in between.
    if (!this.timer) return;
    this.timer = undefined;
    if (!told) this.tellLater();
    else if (tags.length > 0) this.late(tags);
  }

  private async nameTags(keys: readonly string[]): Promise<string[] | undefined> {
    const fresh = keys.map(() => this.newId());
    const ids = await this.redis.run('cache tags', (client) =>
      client.eval(NAME_TAGS, keys.length, ...keys, ...fresh, DAY_MS),
    );
    return Array.isArray(ids) ? (ids as string[]) : undefined;
  }

  /** Never used before by anybody. */
  private newId(): string {
    this.idsMade++;
    return `${this.idPrefix}${this.idsMade.toString(36)}`;
  }

  private get prefix(): string {
    return `cache:${(this.redis.serverId ?? '').slice(0, 12)}:`;
  }

  private tagKey(tag: string, prefix: string): string {
    return `${prefix}t:${tag}`;
  }
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
