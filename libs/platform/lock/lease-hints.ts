import type { CacheRedis } from '../redis/cache-redis.js';

const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/**
 * What Redis knows of leases, so that of many contenders one asks PostgreSQL. It is believed only in so far as it says
 * "taken", and that for no longer than the lease lasts: a hint that is wrong delays, and never lets two in.
 */
export class LeaseHints {
  private readonly redis: CacheRedis;

  constructor(redis: CacheRedis) {
    this.redis = redis;
  }

  /** Claims the name. @returns milliseconds after which to look again where another has it; undefined: ask PostgreSQL */
  async claim(name: string, holder: string, ttlMs: number): Promise<number | undefined> {
    const answer = await this.redis.run('lease hint', async (client) => {
      const set = await client.set(keyOf(name), holder, 'PX', ttlMs, 'NX');
      if (set === 'OK') return { taken: false as const };
      const [by, leftMs] = await Promise.all([client.get(keyOf(name)), client.pttl(keyOf(name))]);
      return by === null || by === holder || leftMs <= 0 ? { taken: false as const } : { taken: true as const, leftMs };
    });
    return answer?.taken === true ? answer.leftMs : undefined;
  }

  /** Says who has it and for how long, whatever was known before: PostgreSQL has just said so. */
  async set(name: string, holder: string, ttlMs: number): Promise<void> {
    const ms = Math.max(1, Math.ceil(ttlMs));
    await this.redis.run('lease hint', (client) => client.set(keyOf(name), holder, 'PX', ms));
  }

  async drop(name: string, holder: string): Promise<void> {
    await this.redis.run('lease hint', (client) => client.eval(RELEASE, 1, keyOf(name), holder));
  }
}

const keyOf = (name: string) => `lease:${name}`;
