import type { EventEmitter } from 'node:events';
import { performance } from 'node:perf_hooks';
import { Inject, Injectable, Logger, Optional, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Pool } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { Bus } from '../bus/bus.js';
import type { ConfigOf } from '../config/define-config.js';
import { counter, gauge } from '../telemetry/metrics.js';
import { type PoolSettings, postgresConfig, postgresOptions, replicasConfig } from './postgres.config.js';
import { endOfRecords, OwnWrites, parsePosition, WalSamples } from './wal-positions.js';

/** How often each server is asked how far it is. */
const LOOK_MS = 250;
/** What a replica said of itself is believed for this long. */
const BELIEVED_MS = 1_500;
const LOOK_TIMEOUT_MS = 1_000;
/** A replica that is away is tried again after this. */
const RETRY_MS = 5_000;

/** Ids of tokens that wrote, with commas between them. */
const WRITTEN = 'postgres.written';
const TOKENS_PER_MESSAGE = 150;

const reads = counter({
  name: 'strisk_postgres_reads_total',
  help: 'Reads that a replica may serve, by who served them',
  labelNames: ['server'],
});
const lagSeconds = gauge({
  name: 'strisk_postgres_replica_lag_seconds',
  help: 'How far a replica is behind the primary; +Inf: away, or further than can be told',
  labelNames: ['replica'],
});

interface Replica {
  /** Its place in DATABASE_READ_URLS, from 0: what it is called in metrics and logs. */
  name: string;
  source: DataSource;
  /** One connection, to ask how far it is however busy the others are. */
  watch: Pool;
  replayed: bigint;
  lagMs: number;
  lookedAt: number;
  retryAt: number;
  looking: boolean;
}

/**
 * Standbys that may answer reads. One may while it is no further behind than allowed, and has replayed what the asking
 * token wrote; otherwise, and where none is there, the primary answers.
 */
@Injectable()
export class Replicas implements OnApplicationShutdown {
  private readonly logger = new Logger('Replicas');
  private readonly replicas: Replica[];
  private readonly samples: WalSamples;
  private readonly writes: OwnWrites;
  private readonly primary: Pool | undefined;
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly maxLagMs: number;
  private samplingPrimary: Promise<void> | undefined;
  private turn = 0;
  private closed = false;
  private readonly toTell = new Set<string>();
  private readonly unsubscribe: (() => void) | undefined;

  constructor(
    @InjectDataSource() primary: DataSource,
    @Inject(replicasConfig.token) config: ConfigOf<typeof replicasConfig>,
    @Inject(postgresConfig.token) pool: PoolSettings,
    @Optional() private readonly bus?: Bus,
  ) {
    this.maxLagMs = config.DATABASE_READ_MAX_LAG_SECONDS * 1000;
    // A replica within its bound has replayed what was written before it, and a look or two.
    const keepMs = this.maxLagMs + 4 * LOOK_MS;
    this.samples = new WalSamples(2 * keepMs);
    this.writes = new OwnWrites(keepMs);
    const { entities, url } = primary.options as { entities?: []; url?: string };
    this.replicas = config.DATABASE_READ_URLS.map((readUrl, place) => ({
      name: String(place),
      source: new DataSource({
        ...postgresOptions(readUrl, pool, 'replica'),
        // A standby can create nothing, and the primary has it already.
        installExtensions: false,
        entities: entities ?? [],
      }),
      watch: watcher(readUrl),
      replayed: 0n,
      lagMs: Infinity,
      lookedAt: -Infinity,
      retryAt: -Infinity,
      looking: false,
    }));
    if (this.replicas.length === 0) return;
    this.primary = watcher(url ?? '');
    // The library shows a pool in its driver alone.
    const { master } = primary.driver as unknown as { master?: EventEmitter };
    master?.on('written', (tokenId: string) => {
      this.wrote(tokenId);
      this.tell(tokenId);
    });
    this.unsubscribe = bus?.subscribe(WRITTEN, (message) => {
      for (const tokenId of message.split(',')) this.wrote(tokenId);
    });
    this.look();
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.timer.unref();
  }

  /** A replica's manager that may answer what this token asks; undefined: ask the primary. */
  pick(tokenId: string | undefined): { manager: EntityManager; failed: (error: unknown) => void } | undefined {
    if (this.replicas.length === 0) return undefined;
    const now = performance.now();
    const needed = this.writes.needed(tokenId);
    for (let i = 0; i < this.replicas.length; i++) {
      const replica = this.replicas[this.turn++ % this.replicas.length];
      if (!replica || now - replica.lookedAt > BELIEVED_MS) continue;
      if (replica.lagMs > this.maxLagMs || replica.replayed < needed) continue;
      reads.inc({ server: 'replica' });
      return { manager: replica.source.manager, failed: (error) => this.lost(replica, error) };
    }
    reads.inc({ server: 'primary' });
    return undefined;
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    this.unsubscribe?.();
    await this.primary?.end();
    for (const { source, watch } of this.replicas) {
      await watch.end();
      if (source.isInitialized) await source.destroy();
    }
  }

  /** A token wrote just now, here or in another process. */
  private wrote(tokenId: string): void {
    this.writes.wrote(tokenId, performance.now());
  }

  /** Other processes answer this token, too: what is written in one turn of the loop is told at once. */
  private tell(tokenId: string): void {
    if (!this.bus) return;
    if (this.toTell.size === 0) setImmediate(() => void this.tellNow());
    this.toTell.add(tokenId);
  }

  private async tellNow(): Promise<void> {
    const tokens = [...this.toTell];
    this.toTell.clear();
    for (let from = 0; from < tokens.length; from += TOKENS_PER_MESSAGE)
      await this.bus?.publish(WRITTEN, tokens.slice(from, from + TOKENS_PER_MESSAGE).join(','));
  }

  private look(): void {
    this.samplingPrimary ??= this.samplePrimary().finally(() => {
      this.samplingPrimary = undefined;
    });
    for (const replica of this.replicas)
      if (!replica.looking && performance.now() >= replica.retryAt) void this.lookAt(replica);
  }

  private async samplePrimary(): Promise<void> {
    const askedAt = performance.now();
    try {
      // What is inserted and not what is written or flushed: a commit need not have waited for either.
      const rows = await this.primary?.query<{ position: string }>('SELECT pg_current_wal_insert_lsn() AS position');
      const position = endOfRecords(parsePosition(rows?.rows[0]?.position ?? '0/0'));
      this.samples.add({ at: askedAt, position });
      this.writes.learned(position, askedAt);
    } catch (error) {
      // Every query says so; here it only means that replicas are judged by what was known.
      this.logger.debug(`The primary did not say how far it is: ${String(error)}`);
    }
  }

  private async lookAt(replica: Replica): Promise<void> {
    replica.looking = true;
    try {
      const { rows } = await replica.watch.query<{ position: string | null }>(
        'SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END AS position',
      );
      const position = rows[0]?.position;
      if (typeof position !== 'string') throw new Error('it is not a standby');
      if (!replica.source.isInitialized && !this.closed) await replica.source.initialize();
      replica.replayed = parsePosition(position);
      replica.lagMs = this.samples.lagOf(replica.replayed);
      replica.lookedAt = performance.now();
      lagSeconds.set({ replica: replica.name }, replica.lagMs / 1000);
    } catch (error) {
      if (!this.closed) this.lost(replica, error);
    } finally {
      replica.looking = false;
    }
  }

  private lost(replica: Replica, error: unknown): void {
    if (replica.lookedAt !== -Infinity || replica.retryAt === -Infinity)
      this.logger.warn({ err: error, replica: replica.name }, 'a read replica is away and serves nothing');
    replica.lookedAt = -Infinity;
    replica.lagMs = Infinity;
    replica.retryAt = performance.now() + RETRY_MS;
    lagSeconds.set({ replica: replica.name }, Infinity);
  }
}

function watcher(url: string): Pool {
  const pool = new Pool({
    connectionString: url,
    max: 1,
    application_name: 'strisk-replicas',
    connectionTimeoutMillis: LOOK_TIMEOUT_MS,
    query_timeout: LOOK_TIMEOUT_MS,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  // One that breaks while it rests is made anew at the next look.
  pool.on('error', () => undefined);
  return pool;
}
