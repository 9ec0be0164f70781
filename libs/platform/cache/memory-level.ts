import { type Cache as CacheManagerCache, createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { LRUCache } from 'lru-cache';
import type { Entry } from './entry.js';
import type { Tags } from './tags.js';

/** As Keyv hands an entry to its store. */
interface Stored {
  value: Entry;
}

/** A single value may not push half of the others out. */
const LARGEST_SHARE = 1 / 4;

/**
 * The first level: values by reference, in one list for all caches, bounded in bytes. cache-manager writes into it;
 * look-ups go past cache-manager, whose promises would cost a hundred times what the look-up does.
 */
export class MemoryLevel {
  private readonly lru: LRUCache<string, Stored>;
  private readonly tags: Tags;
  private readonly cache: CacheManagerCache;
  readonly limitBytes: number;

  constructor(limitBytes: number, tags: Tags) {
    this.limitBytes = limitBytes;
    this.tags = tags;
    this.lru = new LRUCache<string, Stored>({
      maxSize: limitBytes,
      sizeCalculation: ({ value }) => value.bytes,
      dispose: ({ value }, _key, reason) => this.left(value, reason === 'evict'),
    });
    const keyv = new Keyv<Entry>({ store: this.store(), useKeyPrefix: false });
    // By reference: the default would write and parse JSON.
    keyv.serialize = undefined;
    keyv.deserialize = undefined;
    this.cache = createCache({ stores: [keyv] });
  }

  get bytes(): number {
    return this.lru.calculatedSize;
  }

  get entries(): number {
    return this.lru.size;
  }

  /** The entry as it lies there, alive or not. */
  find(key: string): Entry | undefined {
    return this.lru.get(key)?.value;
  }

  /** Its tags are held for as long as it stays. */
  async set(key: string, entry: Entry): Promise<void> {
    const ttl = entry.staleUntil - Date.now();
    if (ttl <= 0 || entry.bytes > this.limitBytes * LARGEST_SHARE) return;
    await this.cache.set(key, entry, Number.isFinite(ttl) ? ttl : undefined);
  }

  delete(key: string): void {
    this.lru.delete(key);
  }

  clear(): void {
    this.lru.clear();
  }

  private store() {
    return {
      get: (key: string) => this.lru.get(key),
      set: (key: string, stored: Stored) => {
        const { fence, statistics, bytes } = stored.value;
        this.tags.hold(fence);
        statistics.entries++;
        statistics.bytes += bytes;
        this.lru.set(key, stored);
        return true;
      },
      delete: (key: string) => this.lru.delete(key),
      clear: () => this.lru.clear(),
    };
  }

  private left({ fence, statistics, bytes }: Entry, evicted: boolean): void {
    this.tags.release(fence);
    statistics.entries--;
    statistics.bytes -= bytes;
    if (evicted) statistics.evictions++;
  }
}
