import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { decodeRows, encodeRows } from '../events/spool/spool-codec.js';

interface Key {
  position: string;
  part: number;
}
interface Payload {
  payload: Buffer;
  rows: number;
  bytes: number;
}

/** An entity's events among those that ClickHouse refused. */
@Injectable()
export class ParkedEntity {
  constructor(@InjectDataSource() private readonly postgres: DataSource) {}

  async count(namespaceId: string, entityId: string): Promise<number> {
    let found = 0;
    for (const key of await this.keys(namespaceId)) {
      const [batch] = await this.postgres.query<Payload[]>(
        `SELECT payload, rows, bytes FROM ingest_parked WHERE namespace_id = $1 AND position = $2 AND part = $3`,
        [namespaceId, key.position, key.part],
      );
      if (batch) found += (await decodeRows(batch.payload)).filter((row) => row.entityId === entityId).length;
    }
    return found;
  }

  /**
   * Takes them out, while nothing lies in the spool and nobody drains it.
   * @returns how many they were
   * @throws Error where a batch cannot be read, for nobody can say then whose events it holds
   */
  async erase(namespaceId: string, entityId: string, signal: AbortSignal): Promise<number> {
    let erased = 0;
    for (const key of await this.keys(namespaceId)) {
      signal.throwIfAborted();
      erased += await this.eraseFrom(namespaceId, key, entityId);
    }
    return erased;
  }

  private keys(namespaceId: string): Promise<Key[]> {
    return this.postgres.query<Key[]>(
      `SELECT position, part FROM ingest_parked WHERE namespace_id = $1 ORDER BY position, part`,
      [namespaceId],
    );
  }

  private eraseFrom(namespaceId: string, { position, part }: Key, entityId: string): Promise<number> {
    const key = [namespaceId, position, part];
    const where = 'WHERE namespace_id = $1 AND position = $2 AND part = $3';
    return this.postgres.transaction(async (manager) => {
      const [batch] = await manager.query<Payload[]>(
        `SELECT payload, rows, bytes FROM ingest_parked ${where} FOR UPDATE`,
        key,
      );
      if (!batch) return 0;
      const rows = await decodeRows(batch.payload);
      const others = rows.filter((row) => row.entityId !== entityId);
      if (others.length === rows.length) return 0;
      if (others.length === 0) await manager.query(`DELETE FROM ingest_parked ${where}`, key);
      else {
        const payload = await encodeRows(others);
        await manager.query(`UPDATE ingest_parked SET payload = $4, rows = $5, bytes = $6 ${where}`, [
          ...key,
          payload,
          others.length,
          batch.bytes - batch.payload.length + payload.length,
        ]);
      }
      return rows.length - others.length;
    });
  }
}
