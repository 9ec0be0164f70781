import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Test, type TestingModule } from '@nestjs/testing';
import { parquetReadObjects } from 'hyparquet';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessMigrations, AccessModule, NamespacesService } from '#access';
import { exportParams, type ResultFile } from '#contracts';
import { type JobContext, jobsMigrations, ResultFiles } from '#jobs';
import {
  ClickHouse,
  Config,
  migrateClickHouse,
  migratePostgres,
  PLATFORM_CONFIG,
  PlatformModule,
  type Stores,
} from '#platform';
import { createDatabase, type TestDatabase } from '#testing';
import { IngestService } from '../events/ingest.service.js';
import { riskClickHouseMigrations } from '../migrations/clickhouse.js';
import { riskMigrations } from '../migrations/index.js';
import { riskConfig } from '../risk.config.js';
import { RiskModule, RiskWorkerModule } from '../risk.module.js';
import { ExportHandler } from './export.handler.js';

/** More than two pages of what an export reads at once. */
const EVENTS = 45_000;
/** Of them those that every format writes; more than a portion of any. */
const SOME = 6_000;
const FIRST = Date.UTC(2026, 0, 1);

let database: TestDatabase;
let directory: string;
let module: TestingModule;

beforeAll(async () => {
  database = await createDatabase();
  directory = await mkdtemp(join(tmpdir(), 'strisk-export-'));
  const stores: Stores = {
    dataDir: directory,
    postgresUrl: database.url,
    clickhouse: { embeddedPath: join(directory, 'clickhouse') },
    redisUrl: undefined,
    close: () => Promise.resolve(),
  };
  const config = Config.read([...PLATFORM_CONFIG, riskConfig], {
    LOG_LEVEL: 'silent',
    CLICKHOUSE_READ_CONNECTIONS: '2',
  });
  const migrations = [...accessMigrations, ...jobsMigrations, ...riskMigrations];
  await migratePostgres(database.url, { DATABASE_POOL: 4 }, migrations, () => Promise.resolve());
  module = await Test.createTestingModule({
    imports: [PlatformModule.forRoot(config, stores), AccessModule, RiskModule, RiskWorkerModule],
  })
    .setLogger({ log: () => undefined, warn: () => undefined, error: () => undefined })
    .compile();
  await migrateClickHouse(module.get(ClickHouse), riskClickHouseMigrations);
  const namespace = await module.get(NamespacesService).ensure({
    namespace_id: 'town',
    h3_resolution: 6,
    time_zone: 'UTC',
    levels: { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 },
    amount_kind: 'amount',
  });
  const events = Array.from({ length: EVENTS }, (_, i) => ({
    event_id: `e${i}`,
    timestamp: new Date(FIRST + i * 1_000).toISOString(),
    lat: 50 + (i % 100) / 1_000,
    lon: 8 + (i % 10) / 10,
    event_type: i % 3 === 0 ? 'fire' : 'flood',
    attrs: i === 7 ? { note: 'a "quoted", field' } : {},
  }));
  const { accepted } = await module.get(IngestService).ingest(namespace, events);
  expect(accepted).toBe(EVENTS);
  await module.get(DataSource).query(
    `INSERT INTO risks (risk_id, namespace_id, status, level, event_type, cell, lat, lon, p_event, expected_count,
       horizon_hours, model_version, opened_at, updated_at, version)
     VALUES ('rsk_0000000001', 'town', 'open', 'HIGH', 'fire', '861fb4667ffffff', 50.1, 8.6, 0.2, 0.3, 24, 'fire-1',
       now(), now(), 1)`,
  );
});
afterAll(async () => {
  await module?.close();
  await database.drop();
  await rm(directory, { recursive: true });
});

interface Running {
  jobId: string;
  context: JobContext;
  stop: AbortController;
  messages: string[];
}
function attempt(jobId: string = randomUUID(), fence = 1, onProgress?: (stop: AbortController) => void): Running {
  const stop = new AbortController();
  const messages: string[] = [];
  const context: JobContext = {
    jobId,
    namespaceId: 'town',
    requestId: null,
    tokenId: null,
    fence,
    signal: stop.signal,
    progress: (_percent, message) => {
      messages.push(message);
      onProgress?.(stop);
    },
    log: () => undefined,
  };
  return { jobId, context, stop, messages };
}
const run = ({ context }: Running, params: object) =>
  module.get(ExportHandler).run(exportParams.parse(params), context);
async function read(jobId: string, file: ResultFile): Promise<Buffer> {
  return buffer((await module.get(ResultFiles).open(jobId, file))!);
}
const kept = (jobId: string) => readdir(join(directory, 'results', jobId)).catch(() => []);

describe('an export', () => {
  it('of events is the same in every format', async () => {
    const ndjson = attempt();
    const result = await run(ndjson, { of: 'events', format: 'ndjson' });
    const bytes = await read(ndjson.jobId, result.file);
    expect(result).toEqual({
      file: { name: 'events.ndjson', media_type: 'application/x-ndjson', bytes: bytes.length, sha256: result.sha256 },
      rows: EVENTS,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    const events = bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event_id: string; lat: number; lon: number });
    const ids = events.map(({ event_id }) => event_id);
    expect(ids).toEqual(Array.from({ length: EVENTS }, (_, i) => `e${EVENTS - 1 - i}`));
    expect(ndjson.messages.at(-1)).toBe(`${EVENTS} rows`);

    const some = { of: 'events', from: new Date(FIRST + (EVENTS - SOME) * 1_000).toISOString() };
    const newest = ids.slice(0, SOME);
    const csv = attempt();
    const lines = (await read(csv.jobId, (await run(csv, { ...some, format: 'csv' })).file)).toString().split('\r\n');
    expect(lines[0]).toBe('event_id,timestamp,lat,lon,cell,event_type,amount,entity_id,attrs');
    expect(lines.slice(1, -1).map((line) => line.split(',')[0])).toEqual(newest);

    const geojson = attempt();
    const features = JSON.parse(
      (await read(geojson.jobId, (await run(geojson, { ...some, format: 'geojson' })).file)).toString(),
    ) as { features: { id: string; geometry: { coordinates: number[] } }[] };
    expect(features.features.map(({ id }) => id)).toEqual(newest);
    expect(features.features[0]?.geometry.coordinates).toEqual([events[0]?.lon, events[0]?.lat]);

    const parquet = attempt();
    const packed = await read(parquet.jobId, (await run(parquet, { ...some, format: 'parquet' })).file);
    const rows = await parquetReadObjects({ file: new Uint8Array(packed).buffer });
    expect(rows.map((row) => row['event_id'] as string)).toEqual(newest);
  });

  it('holds what its filters let through', async () => {
    const of = attempt();
    const span = { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:10:00Z' };
    const params = { of: 'events', format: 'csv', event_type: 'fire', bbox: '8.35,50,8.65,51', ...span };
    const { rows } = await run(of, params);
    const fits = (i: number) => i % 3 === 0 && i % 10 >= 4 && i % 10 <= 6;
    expect(rows).toBe(Array.from({ length: 600 }, (_, i) => i).filter(fits).length);
    expect((await run(attempt(), { ...params, event_type: 'none' })).rows).toBe(0);
  });

  it('of risks has their places', async () => {
    const of = attempt();
    const { file, rows } = await run(of, { of: 'risks', format: 'geojson' });
    expect(rows).toBe(1);
    expect(JSON.parse((await read(of.jobId, file)).toString())).toMatchObject({
      features: [{ id: 'rsk_0000000001', geometry: { type: 'Point', coordinates: [8.6, 50.1] } }],
    });
  });

  it('of a risk map that is not there yet fails and says so', async () => {
    const failing = run(attempt(), { of: 'risk-map', format: 'csv', event_type: 'fire' });
    await expect(failing).rejects.toMatchObject({ code: 'SURFACE_NOT_READY' });
  });

  it('that is cancelled stops where it is and leaves no file', async () => {
    let pages = 0;
    const of = attempt(undefined, 1, (stop) => {
      // The first says that it begins; the second comes after a page.
      if (++pages === 2) stop.abort(new Error('cancelled'));
    });
    await expect(run(of, { of: 'events', format: 'parquet' })).rejects.toThrow('cancelled');
    expect(of.messages).toEqual(['reading', '20000 rows']);
    expect(await kept(of.jobId)).toEqual([]);
  });

  it('is made anew after a kill, and nothing is left of the attempt before', async () => {
    const jobId = randomUUID();
    const folder = join(directory, 'results', jobId);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `part-1-${randomUUID()}~${randomUUID()}`), 'half a file');
    const { sha256, rows } = await run(attempt(jobId, 2), { of: 'events', format: 'csv', to: '2026-01-01T00:10:00Z' });
    expect(rows).toBe(600);
    expect(await kept(jobId)).toEqual([sha256]);
  });

  it.each([
    [{ of: 'everything', format: 'csv' }, 'of'],
    [{ of: 'events', format: 'xlsx' }, 'format'],
    [{ of: 'events', format: 'csv', bbox: '1,2,3' }, 'bbox'],
    [{ of: 'events', format: 'csv', horizon: 24 }, 'horizon'],
    [{ of: 'risk-map', format: 'csv', from: '2026-01-01T00:00:00Z' }, 'from'],
    [{ of: 'risks', format: 'csv', from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'to'],
    [{ of: 'events', format: 'csv', path: '/etc/passwd' }, ''],
  ])('is not taken as %j', (params, path) => {
    const { error } = exportParams.safeParse(params);
    expect(error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });
});
