import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AssessAnswer, RiskMap } from '#contracts';
import { startClickHouseHttp, startServer, type TestClickHouse, type TestServer } from '#testing';
import { Client, ENV } from './platform.js';
import { createTown, sendBulk, toNdjson, townEvents, train } from './town.js';

/** Far above what memory takes, far below what a frozen store would: those never answer. */
const FROM_MEMORY_MS = 1_000;

let clickhouse: TestClickHouse;
let server: TestServer;
let town: Client;
let before: RiskMap;

beforeAll(async () => {
  clickhouse = await startClickHouseHttp();
  server = await startServer('apps/all-in-one/main', { ...ENV, CLICKHOUSE_URL: clickhouse.url });
  const admin = new Client(server);
  await createTown(admin, 'town');
  town = admin.as(admin.token, 'town');
  expect((await sendBulk(town, toNdjson(townEvents(14)))).status).toBe(201);
  before = await train(town);
});

afterAll(async () => {
  await server.stop();
  await clickhouse.stop();
});

async function postgresPid(): Promise<number> {
  const text = await readFile(join(server.dataDir, 'postgres/cluster/postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}

/** The server and its sessions: a frozen postmaster alone would leave open connections working. */
async function signalPostgres(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  const pid = await postgresPid();
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(/\s+/).map(Number);
  for (const process_ of [pid, ...children]) process.kill(process_, signal);
}

describe('with PostgreSQL and ClickHouse frozen', () => {
  it('answers assessments and the map from memory', async () => {
    // Seen once, so that the token and the namespace are known here.
    await town.get('/risk-map');
    await signalPostgres('SIGSTOP');
    clickhouse.freeze();
    try {
      const within = { signal: AbortSignal.timeout(FROM_MEMORY_MS) };
      const cell = before.cells[0]?.cell;
      const asked = { horizon_hours: 24, n_scenarios: 5, seed: 7, cells: [cell] };
      const assessed = await town.ask('POST', '/risk/assess', { json: asked, ...within });
      expect(assessed.status).toBe(200);
      expect((JSON.parse(assessed.text) as AssessAnswer).assessments[0]?.cell).toBe(cell);
      const map = await town.ask('GET', '/risk-map?horizon=72', within);
      expect(map.status).toBe(200);
      expect((JSON.parse(map.text) as RiskMap).cell_count).toBe(before.cell_count);
      // It is no trick of the freezing: what needs a store gets no answer from one.
      await expect(town.ask('GET', '/risks', { signal: AbortSignal.timeout(FROM_MEMORY_MS) })).rejects.toThrow(
        /timeout/i,
      );
    } finally {
      clickhouse.thaw();
      await signalPostgres('SIGCONT');
    }
    expect((await town.ask('GET', '/risks')).status).toBe(200);
  });
});
