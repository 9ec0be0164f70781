import type { DataSource } from 'typeorm';
import { outsideRequests } from '../http/request-context.js';

/** How an attempt to take a lease ended. */
export type Taken = { token: bigint } | { freeInMs: number };

const TAKE_FIRST = `
  INSERT INTO leases (name, holder, token, expires_at)
  VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
  ON CONFLICT DO NOTHING RETURNING token`;

const TAKE_OVER = `
  WITH free AS (
    SELECT name FROM leases WHERE name = $1 AND (expires_at <= clock_timestamp() OR holder = $2)
    FOR UPDATE SKIP LOCKED),
  taken AS (
    UPDATE leases SET holder = $2, token = token + 1, expires_at = clock_timestamp() + $3 * interval '1 millisecond'
    FROM free WHERE leases.name = free.name RETURNING token)
  SELECT token FROM taken`;

const RENEW = `
  WITH renewed AS (
    UPDATE leases SET expires_at = clock_timestamp() + $3 * interval '1 millisecond'
    WHERE name = $1 AND token = $2 AND expires_at > clock_timestamp() RETURNING 1)
  SELECT 1 FROM renewed`;

/**
 * The truth about leases, one row a name. Every time in it is the server's: no clock of a process is compared with
 * another one's. Each statement runs on a connection of its own, for a lease must not wait for a caller's commit.
 */
export class LeaseStore {
  private readonly postgres: DataSource;

  constructor(postgres: DataSource) {
    this.postgres = postgres;
  }

  /**
   * Where it is free or has expired, or is this very holder's: an answer that was lost may be asked for again. It waits
   * for nobody: while a write that the lease guards is not committed, it is not free.
   */
  async take(name: string, holder: string, ttlMs: number): Promise<Taken> {
    const [known] = await this.query<{ mine: boolean; ms: number }>(
      `SELECT holder = $2 AS mine,
              extract(epoch FROM greatest(expires_at, '2000-01-01') - clock_timestamp())::float8 * 1000 AS ms
       FROM leases WHERE name = $1`,
      [name, holder],
    );
    if (known && known.ms > 0 && !known.mine) return { freeInMs: known.ms };
    const [row] = await this.query<{ token: string }>(known ? TAKE_OVER : TAKE_FIRST, [name, holder, ttlMs]);
    return row ? { token: BigInt(row.token) } : { freeInMs: 0 };
  }

  /** @returns whether it was still the holder's; one that has expired is not, though nobody has taken it yet */
  async renew(name: string, token: bigint, ttlMs: number): Promise<boolean> {
    const rows = await this.query(RENEW, [name, String(token), ttlMs]);
    return rows.length > 0;
  }

  async release(name: string, token: bigint): Promise<void> {
    await this.query(`UPDATE leases SET expires_at = '-infinity' WHERE name = $1 AND token = $2`, [
      name,
      String(token),
    ]);
  }

  private query<T>(text: string, parameters: unknown[]): Promise<T[]> {
    return outsideRequests(() => this.postgres.query<T[]>(text, parameters));
  }
}
