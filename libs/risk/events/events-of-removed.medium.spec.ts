import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type AccessContext,
  accessMigrations,
  AccessModule,
  NamespaceRemovals,
  NamespacesService,
  TokensService,
} from '#access';
import { jobsMigrations } from '#jobs';
import {
  AppError,
  ClickHouse,
  Config,
  defineQuery,
  migrateClickHouse,
  migratePostgres,
  PLATFORM_CONFIG,
  PlatformModule,
  type Stores,
} from '#platform';
import { createDatabase, type TestDatabase } from '#testing';
import { riskClickHouseMigrations } from '../migrations/clickhouse.js';
import { riskMigrations } from '../migrations/index.js';
import { GroupsService } from '../places/groups.service.js';
import { TargetsService } from '../places/targets.service.js';
import { riskConfig } from '../risk.config.js';
import { RiskModule } from '../risk.module.js';
import { EventsOfRemoved } from './events-of-removed.js';
import { IngestService } from './ingest.service.js';

let database: TestDatabase;
let directory: string;
let module: TestingModule;
let postgres: DataSource;
let access: AccessContext;
let other: AccessContext;
let made = 0;

const root = {
  tokenId: '00000000-0000-4000-8000-000000000000',
  name: 'root',
  scopes: ['admin' as const],
  namespaceId: null,
  requestId: 'r1',
};

beforeAll(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), 'strisk-removed-'));
  const config = Config.read([...PLATFORM_CONFIG, riskConfig], {
    LOG_LEVEL: 'silent',
    CLICKHOUSE_READ_CONNECTIONS: '2',
  });
  const stores: Stores = {
    dataDir: directory,
    postgresUrl: database.url,
    clickhouse: { embeddedPath: join(directory, 'clickhouse') },
    redisUrl: undefined,
    close: () => Promise.resolve(),
  };
  const migrations = [...accessMigrations, ...jobsMigrations, ...riskMigrations];
  await migratePostgres(database.url, { DATABASE_POOL: 4 }, migrations, () => Promise.resolve());
  module = await Test.createTestingModule({
    imports: [PlatformModule.forRoot(config, stores), AccessModule, RiskModule],
  })
    .setLogger({ log: () => undefined, warn: () => undefined, error: () => undefined })
    .compile();
  postgres = module.get(DataSource);
  await migrateClickHouse(module.get(ClickHouse), riskClickHouseMigrations);
  module.get(EventsOfRemoved).onModuleInit();
});
afterAll(async () => {
  await module.close();
  await database.drop();
  await rm(directory, { recursive: true });
});

async function newNamespace(): Promise<AccessContext> {
  const namespace = await module.get(NamespacesService).ensure({
    namespace_id: `n${made++}`,
    h3_resolution: 7,
    time_zone: 'UTC',
    levels: { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 },
    amount_kind: 'amount',
  });
  return { namespace, principal: root, requestId: 'r1' };
}
beforeEach(async () => {
  [access, other] = [await newNamespace(), await newNamespace()];
});
afterEach(() => {
  vi.restoreAllMocks();
});

const removals = () => module.get(NamespaceRemovals);
const idOf = ({ namespace }: AccessContext) => namespace.namespaceId;
const remove = (force = false, version?: number) => removals().remove(root, idOf(access), force, version);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
const someEvents = (of: AccessContext) =>
  module.get(IngestService).ingest(
    of.namespace,
    Array.from({ length: 50 }, (_, i) => ({
      event_id: `e${i}`,
      timestamp: '2026-01-01T00:00:00Z',
      lat: 43.6 + i / 1000,
      lon: -79.4,
      event_type: 'fire',
    })),
  );
const held = async (of: AccessContext) => {
  const [row] = await module.get(ClickHouse).query(
    defineQuery<{ namespace: string }, { events: string; keys: string; hours: string }>(
      'test.held',
      `SELECT (SELECT count() FROM events WHERE namespace_id = {namespace:String}) AS events,
              (SELECT count() FROM event_keys WHERE namespace_id = {namespace:String}) AS keys,
              (SELECT sum(events) FROM cell_hours WHERE namespace_id = {namespace:String}) AS hours`,
    ),
    { namespace: idOf(of) },
  );
  return Object.values(row ?? {}).map(Number);
};
const due = async () => {
  const [row] = await postgres.query<{ next_purge: Date | null }[]>(
    `SELECT next_purge FROM namespace_removals WHERE namespace_id = $1`,
    [idOf(access)],
  );
  return row?.next_purge;
};
const aged = () =>
  postgres.query(
    `UPDATE namespace_removals SET removed_at = removed_at - interval '1 hour', next_purge = now() WHERE namespace_id = $1`,
    [idOf(access)],
  );

describe('a namespace', () => {
  it('goes with all that is in it, and nobody else’s', async () => {
    await someEvents(access);
    await someEvents(other);
    await module
      .get(TokensService)
      .ensure('x'.repeat(40), { name: 't', scopes: ['risk:read'], namespaceId: idOf(access) });
    const { group_id } = await module.get(GroupsService).create(access, { name: 'g', description: null, attrs: {} });
    await module.get(TargetsService).create(access, {
      name: 't',
      group_id,
      shape: { type: 'circle', center: { lat: 43.6, lon: -79.4 }, radius_m: 10 },
      attrs: {},
      levels: null,
    });
    expect(await held(access)).toEqual([50, 50, 50]);
    expect(await codeOf(remove())).toBe('NAMESPACE_NOT_EMPTY');
    await remove(true);
    await removals().purge();
    expect(await held(access)).toEqual([0, 0, 0]);
    expect(await held(other)).toEqual([50, 50, 50]);
    for (const table of ['namespaces', 'tokens', 'groups', 'targets']) {
      const rows = await postgres.query<unknown[]>(`SELECT 1 FROM ${table} WHERE namespace_id = $1`, [idOf(access)]);
      expect(rows, table).toEqual([]);
    }
    expect(await codeOf(module.get(NamespacesService).require(idOf(access)))).toBe('NAMESPACE_NOT_FOUND');
    expect(await codeOf(module.get(TokensService).authenticate(`Bearer ${'x'.repeat(40)}`))).not.toBe('none');
    const log = await postgres.query<{ before: unknown }[]>(
      `SELECT before FROM audit_log WHERE action = 'namespace.delete' AND subject = $1`,
      [idOf(access)],
    );
    expect(log).toMatchObject([{ before: { namespace_id: idOf(access) } }]);
  });

  it('without events needs no force; its id is never given again', async () => {
    await remove();
    const again = { namespace_id: idOf(access), h3_resolution: 7, time_zone: 'UTC', amount_kind: 'none' as const };
    const levels = { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 };
    expect(await codeOf(module.get(NamespacesService).create(root, { ...again, levels }))).toBe('NAMESPACE_EXISTS');
    expect(await codeOf(remove())).toBe('NAMESPACE_NOT_FOUND');
    expect(await removals().wasRemoved(idOf(access))).toBe(true);
    expect(await removals().wasRemoved(idOf(other))).toBe(false);
  });

  it('stays when its version is another, when it is the default one, or when nobody knows whether it is empty', async () => {
    expect(await codeOf(remove(false, 7))).toBe('VERSION_CONFLICT');
    expect(await codeOf(removals().remove(root, 'default', true, undefined))).toBe('NAMESPACE_PERMANENT');
    vi.spyOn(module.get(ClickHouse), 'query').mockRejectedValue(new AppError('UNAVAILABLE', 'away'));
    expect(await codeOf(remove())).toBe('UNAVAILABLE');
    vi.restoreAllMocks();
    expect(idOf({ ...access, namespace: await module.get(NamespacesService).require(idOf(access)) })).toBe(
      idOf(access),
    );
  });

  it('whose events cannot be taken away at once loses them later', async () => {
    await someEvents(access);
    const away = vi.spyOn(module.get(ClickHouse), 'command').mockRejectedValue(new AppError('UNAVAILABLE', 'away'));
    await remove(true);
    await removals().purge();
    expect(await held(access)).toEqual([50, 50, 50]);
    expect((await due())?.getTime()).toBeLessThanOrEqual(Date.now());
    away.mockRestore();
    await removals().purge();
    expect(await held(access)).toEqual([0, 0, 0]);
  });

  it('is looked after once more, for what was being written when it went', async () => {
    await remove();
    await removals().purge();
    expect((await due())?.getTime()).toBeGreaterThan(Date.now() + 9 * 60_000);
    await module.get(ClickHouse).command(
      'test.late',
      `INSERT INTO events (namespace_id, event_type, cell, ts, event_id, lat, lon, amount, entity_id, attrs, ingest_seq)
         VALUES ({namespace:String}, 'fire', 608692970719428607, now64(3), 'late', 1, 1, NULL, '', '{}', 1)`,
      { namespace: idOf(access) },
    );
    await removals().purge();
    expect(await held(access)).toEqual([1, 1, 1]);
    await aged();
    await removals().purge();
    expect(await held(access)).toEqual([0, 0, 0]);
    expect(await due()).toBeNull();
  });
});
