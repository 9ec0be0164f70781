import { hash, randomUUID } from 'node:crypto';
import type { Bus } from '../bus/bus.js';
import type { CacheRedis } from '../redis/cache-redis.js';

/** A holder that has died or hangs delays the others by no more than this. */
const LOCK_MS = 3_000;
const RENEW_MS = LOCK_MS / 3;
/** Those who wait look again after this long at the latest: a message may be lost, and a dead holder sends none. */
const LOOK_AGAIN_MS = 250;
const CHANNEL = 'cache.filled';

const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;
const RENEW = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`;

/** How a load ended for those in other processes who wait for it. */
export type Ending = 'kept' | 'not-kept';

/** One that was obtained. Its owner ends it, also after an error. */
export interface HeldLock {
  end(how: Ending): Promise<void>;
}

/** One load of a key over all processes: a lock in Redis, renewed while its holder lives, and word of its end by the bus. */
export class FillLocks {
  private readonly redis: CacheRedis;
  private readonly bus: Bus;
  private readonly waiting = new Map<string, Set<(how: Ending) => void>>();
  private readonly unsubscribe: () => void;

  constructor(redis: CacheRedis, bus: Bus) {
    this.redis = redis;
    this.bus = bus;
    this.unsubscribe = bus.subscribe(CHANNEL, (message) => {
      const [name = '', how] = message.split(' ');
      const waiters = this.waiting.get(name);
      if (waiters) for (const wake of waiters) wake(how === 'kept' ? 'kept' : 'not-kept');
    });
  }

  /** A load that began before an invalidation must not hold up those after it, so the tags' names are part of the lock's. */
  nameOf(key: string, ids: readonly string[]): string {
    return hash('sha256', JSON.stringify([key, ids]), 'base64url');
  }

  /** @returns the lock; `taken` where another has it; undefined where Redis does not answer */
  async take(name: string): Promise<HeldLock | 'taken' | undefined> {
    const owner = randomUUID();
    const key = `cache:lock:${name}`;
    const answer = await this.redis.run('cache lock', async (client) => [
      await client.set(key, owner, 'PX', LOCK_MS, 'NX'),
    ]);
    if (answer === undefined) return undefined;
    if (answer[0] !== 'OK') return 'taken';
    const renewal = setInterval(() => {
      void this.redis.run('cache lock renewal', (client) => client.eval(RENEW, 1, key, owner, LOCK_MS));
    }, RENEW_MS);
    renewal.unref();
    return {
      end: async (how) => {
        clearInterval(renewal);
        await this.redis.run('cache unlock', (client) => client.eval(RELEASE, 1, key, owner));
        await this.bus.publish(CHANNEL, `${name} ${how}`);
      },
    };
  }

  /** Listens from now on for the end of the load: ask before `take`, or its end may pass unheard in between. */
  listen(name: string): { ended(): Promise<Ending | 'look-again'>; stop(): void } {
    const { promise, resolve } = Promise.withResolvers<Ending | 'look-again'>();
    let waiters = this.waiting.get(name);
    if (!waiters) this.waiting.set(name, (waiters = new Set()));
    waiters.add(resolve);
    let timer: NodeJS.Timeout | undefined;
    return {
      ended: () => {
        timer ??= setTimeout(() => resolve('look-again'), LOOK_AGAIN_MS);
        return promise;
      },
      stop: () => {
        clearTimeout(timer);
        waiters.delete(resolve);
        if (waiters.size === 0 && this.waiting.get(name) === waiters) this.waiting.delete(name);
      },
    };
  }

  close(): void {
    this.unsubscribe();
  }
}
