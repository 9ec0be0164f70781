import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { InjectDataSource } from '@nestjs/typeorm';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';
import { ClickHouse, STORES, type Stores } from '#platform';

/** A store that has not answered by then counts as down: a probe must not hang with it. */
const PATIENCE_MS = 1_000;

/** Asks each store for a sign of life. */
@Injectable()
export class Dependencies implements OnApplicationShutdown {
  private readonly redis: Redis | undefined;

  constructor(
    private readonly indicators: HealthIndicatorService,
    @InjectDataSource() private readonly postgres: DataSource,
    private readonly clickhouse: ClickHouse,
    @Inject(STORES) stores: Stores,
  ) {
    if (stores.redisUrl !== undefined) {
      this.redis = new Redis(stores.redisUrl, { maxRetriesPerRequest: 0, enableOfflineQueue: false });
      // Its state is what /ready reports; an unheard error event would end the process.
      this.redis.on('error', () => undefined);
    }
  }

  get checks(): (() => Promise<HealthIndicatorResult>)[] {
    const { redis } = this;
    return [
      () => this.check('postgres', () => this.postgres.query('SELECT 1')),
      () => this.check('clickhouse', () => this.clickhouse.ping()),
      ...(redis ? [() => this.check('redis', () => redis.ping())] : []),
    ];
  }

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }

  private async check(name: string, sign: () => Promise<unknown>): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(name);
    const start = performance.now();
    const patience = Promise.withResolvers<never>();
    const timer = setTimeout(() => patience.reject(new Error('no answer')), PATIENCE_MS);
    try {
      await Promise.race([sign(), patience.promise]);
      return indicator.up({ latency_ms: Math.round((performance.now() - start) * 10) / 10 });
    } catch {
      return indicator.down({ detail: `no answer within ${PATIENCE_MS} ms or an error` });
    } finally {
      clearTimeout(timer);
    }
  }
}
