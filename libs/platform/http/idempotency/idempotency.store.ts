import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Postgres } from '../../postgres/postgres.service.js';

const SWEEP_MS = 10 * 60_000;
/** How long an answer can be had again. */
const KEPT = '24 hours';
/** A request that has not ended by then is as good as dead; its deadline was long before. */
const ABANDONED = '2 minutes';

export interface Claim {
  tokenId: string;
  key: string;
  /** Of the method, address and body. */
  fingerprint: Buffer;
}

export interface KeptAnswer {
  fingerprint: Buffer;
  /** null: the first request is still under way. */
  status: number | null;
  answer: Buffer | null;
}

/** The keys that were sent, by token, with what was answered. */
@Injectable()
export class IdempotencyStore implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(IdempotencyStore.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly postgres: Postgres) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.sweep(), SWEEP_MS);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /**
   * Claims a key, or says what is kept under it. In a transaction a second request with the key waits here until the
   * first has been committed or rolled back.
   */
  async claim({ tokenId, key, fingerprint }: Claim): Promise<KeptAnswer | undefined> {
    const { manager } = this.postgres;
    const claimed = await manager.query<unknown[]>(
      `INSERT INTO idempotency_keys AS k (token_id, key, fingerprint) VALUES ($1, $2, $3)
       ON CONFLICT (token_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = NULL, answer = NULL, created_at = now()
         WHERE k.created_at < now() - interval '${KEPT}'
            OR (k.status IS NULL AND k.created_at < now() - interval '${ABANDONED}')
       RETURNING true`,
      [tokenId, key, fingerprint],
    );
    if (claimed.length > 0) return undefined;
    const [kept] = await manager.query<KeptAnswer[]>(
      `SELECT fingerprint, status, answer FROM idempotency_keys WHERE token_id = $1 AND key = $2`,
      [tokenId, key],
    );
    return kept;
  }

  async keep({ tokenId, key }: Claim, status: number, answer: Buffer): Promise<void> {
    await this.postgres.manager.query(
      `UPDATE idempotency_keys SET status = $3, answer = $4 WHERE token_id = $1 AND key = $2`,
      [tokenId, key, status, answer],
    );
  }

  /** The request failed: the key may be tried again. */
  async release({ tokenId, key }: Claim): Promise<void> {
    await this.postgres.manager.query(
      `DELETE FROM idempotency_keys WHERE token_id = $1 AND key = $2 AND status IS NULL`,
      [tokenId, key],
    );
  }

  private async sweep(): Promise<void> {
    try {
      await this.postgres.manager.query(`DELETE FROM idempotency_keys WHERE created_at < now() - interval '${KEPT}'`);
    } catch (error) {
      this.logger.warn({ err: error }, 'old idempotency keys could not be removed');
    }
  }
}
