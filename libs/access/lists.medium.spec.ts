import { randomUUID } from 'node:crypto';
import { DataSource, type EntityManager } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { auditQuery } from '#contracts';
import { Cursors, migratePostgres, Postgres } from '#platform';
import { createDatabase, explained, fillTable } from '#testing';
import type { Audit } from './audit/audit.js';
import { AuditEntryEntity } from './audit/audit-entry.entity.js';
import { AuditLogService } from './audit/audit-log.service.js';
import type { AccessContext } from './guard/access-context.js';
import { accessMigrations } from './migrations/index.js';
import { NamespaceEntity } from './namespaces/namespace.entity.js';
import { NamespacesService } from './namespaces/namespaces.service.js';
import { TokenEntity } from './tokens/token.entity.js';
import { TokensService } from './tokens/tokens.service.js';

const ROWS = 1_000_000;
const someone = randomUUID();

let source: DataSource;

beforeAll(async () => {
  const database = await createDatabase();
  await migratePostgres(database.url, { DATABASE_POOL: 3 }, accessMigrations, () => Promise.resolve());
  const entities = [AuditEntryEntity, NamespaceEntity, TokenEntity];
  source = await new DataSource({ type: 'postgres', url: database.url, poolSize: 1, entities }).initialize();
  await fillTable(
    source,
    'audit_log',
    `INSERT INTO audit_log (at, namespace_id, token_id, action, subject)
     SELECT timestamptz '2026-01-01' + n * interval '30 seconds', 'default',
            CASE WHEN n < 500 THEN '${someone}'::uuid ELSE '${randomUUID()}'::uuid END,
            CASE WHEN n % 5000 = 0 THEN 'token.rotate' ELSE 'risk.patch' END, 'rsk_' || n % 100000
     FROM generate_series(1, ${ROWS}) n`,
  );
  await fillTable(
    source,
    'tokens',
    `INSERT INTO tokens (namespace_id, name, hash, scopes, created_at)
     SELECT 'default', 'Token ' || n, sha256(n::text::bytea), ARRAY['risk:read'],
            timestamptz '2026-01-01' + n * interval '30 seconds'
     FROM generate_series(1, ${ROWS / 4}) n`,
  );
  await source.query(`
    INSERT INTO namespaces (namespace_id, name, h3_resolution, time_zone, levels, amount_kind)
    SELECT 'city-' || n, 'City', 7, 'UTC', '{}', 'amount' FROM generate_series(1, 10000) n`);
  await source.query('VACUUM ANALYZE namespaces');
  return async () => {
    await source.destroy();
    await database.drop();
  };
}, 120_000);

const access = { namespace: { namespaceId: 'default' } } as AccessContext;
const cursors = new Cursors(Buffer.alloc(32, 1));
/** Lists write nothing and keep nothing. */
const audit = {} as Audit;
const cache = {} as ConstructorParameters<typeof TokensService>[3];

/** Reads by the given manager, so that what it does can be looked at. */
function readingBy(manager: EntityManager): Postgres {
  const postgres = new Postgres(source);
  postgres.reading = (work) => work(manager);
  return postgres;
}

describe('the audit log of a million changes', () => {
  it.each([
    ['of all', {}],
    ['of one action', { action: 'token.rotate' }],
    ['of one thing', { subject: 'rsk_77' }],
    ['of a token that is long gone', { token_id: someone }],
    ['of a day long ago', { from: '2026-02-01T00:00:00Z', to: '2026-02-02T00:00:00Z' }],
    ['of a time before all', { to: '2025-01-01T00:00:00Z' }],
    ['of an action on a thing', { action: 'token.rotate', subject: 'rsk_5000' }],
  ])('%s is read row by row that it shows', async (_, query) => {
    const work = await explained(source, (manager) =>
      new AuditLogService(readingBy(manager), cursors).list(access, auditQuery.parse(query)),
    );
    expect(work.statements).toHaveLength(1);
    expect(work.scanned).toEqual([]);
    expect(work.rowsRead).toBeLessThanOrEqual(200);
    expect(work.rowsSorted).toBeLessThanOrEqual(200);
  });

  it('comes in one order over its pages', async () => {
    const service = new AuditLogService(new Postgres(source), cursors);
    const first = await service.list(access, auditQuery.parse({ limit: 700 }));
    const second = await service.list(access, auditQuery.parse({ limit: 300, cursor: first.page.next_cursor }));
    const whole = await service.list(access, auditQuery.parse({ limit: 1000 }));
    expect([...first.data, ...second.data]).toEqual(whole.data);
    expect(Number(whole.data[0]?.audit_id)).toBe(ROWS);
    const cursor = first.page.next_cursor ?? '';
    await expect(service.list(access, auditQuery.parse({ action: 'risk.patch', cursor }))).rejects.toMatchObject({
      code: 'CURSOR_INVALID',
    });
  });
});

describe('the lists of tokens and namespaces', () => {
  it('read what they show', async () => {
    const tokens = await explained(source, (manager) =>
      new TokensService(readingBy(manager), cursors, audit, cache).list(access, 50, undefined),
    );
    const namespaces = await explained(source, (manager) => {
      const administrator = { tokenId: someone, name: 'x', scopes: ['admin' as const], namespaceId: null };
      return new NamespacesService(readingBy(manager), cursors, audit, cache).list(administrator, 50, undefined);
    });
    for (const work of [tokens, namespaces]) {
      expect(work.scanned).toEqual([]);
      expect(work.rowsRead).toBeLessThanOrEqual(51);
      expect(work.rowsSorted).toBe(0);
    }
  });
});
