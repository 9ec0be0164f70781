import { createHash } from 'node:crypto';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Job, resultFile, type ResultLink, type RiskMap } from '#contracts';
import { startS3, startServer, type TestS3, type TestServer, whyNoS3 } from '#testing';
import { ADMIN, Client, ENV, expectProblem, until } from './platform.js';
import { createTown, sendBulk, toNdjson, TOWN_TYPE, townEvents, train } from './town.js';

const BUCKET = 'strisk';
/** So many that an export takes a while. */
const MANY = 150_000;
const noS3 = await whyNoS3();
const events = townEvents(19);

let s3: TestS3;
let server: TestServer;
let town: Client;
let map: RiskMap;

const start = (dataDir?: string) =>
  startServer(
    'apps/all-in-one/main',
    {
      ...ENV,
      S3_BUCKET: BUCKET,
      S3_ENDPOINT: s3.url,
      S3_ACCESS_KEY_ID: 'key',
      S3_SECRET_ACCESS_KEY: 'secret',
      S3_PATH_STYLE: 'on',
    },
    dataDir === undefined ? {} : { dataDir },
  );

beforeAll(async () => {
  if (noS3 !== undefined) return;
  s3 = await startS3(BUCKET);
  server = await start();
  await createTown(new Client(server), 'town');
  town = new Client(server, ADMIN, 'town');
  await sendBulk(town, toNdjson(events));
  map = await train(town);
});
afterAll(async () => {
  await server?.stop();
  await s3?.stop();
});

const bytesOf = async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(server.url + path, { headers });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
};
const asTown = { authorization: `Bearer ${ADMIN}`, 'x-namespace': 'town' };
const exported = (params: object) => town.json<Job>('POST', '/jobs', { type: 'export', params }, 202);
/** What the bucket holds of a job, and of what is not finished anything. */
async function kept(jobId: string): Promise<string[]> {
  const uploads = await (await fetch(`${s3.url}/${BUCKET}?uploads`)).text();
  expect(uploads).not.toContain('<UploadId>');
  const list = await (await fetch(`${s3.url}/${BUCKET}?list-type=2&prefix=results/${jobId}/`)).text();
  return [...list.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key);
}

describe.skipIf(noS3 !== undefined)(`exports to S3${noS3 === undefined ? '' : ` (left out: ${noS3})`}`, () => {
  it('are downloaded whole, in parts and by a link', async () => {
    const { job_id } = await exported({ of: 'events', format: 'ndjson' });
    const { result } = await town.finished(job_id);
    expect(result).toMatchObject({ rows: events.length });
    const file = resultFile.parse(result?.['file']);
    const whole = await bytesOf(`/api/v1/jobs/${job_id}/result`, asTown);
    expect(whole.bytes.toString().trimEnd().split('\n')).toHaveLength(events.length);
    expect(createHash('sha256').update(whole.bytes).digest('hex')).toBe(file.sha256);
    const part = await bytesOf(`/api/v1/jobs/${job_id}/result`, { ...asTown, range: 'bytes=100-199' });
    expect(part.status).toBe(206);
    expect(part.bytes).toEqual(whole.bytes.subarray(100, 200));
    const { url } = await town.json<ResultLink>('POST', `/jobs/${job_id}/result/link`, {});
    expect((await bytesOf(url)).bytes).toEqual(whole.bytes);
    expect(await kept(job_id)).toEqual([`results/${job_id}/${file.sha256}`]);
  });

  it('of the risk map hold its cells', async () => {
    const { job_id } = await exported({ of: 'risk-map', format: 'parquet', event_type: TOWN_TYPE });
    expect((await town.finished(job_id)).result).toMatchObject({ rows: map.cell_count });
    const { bytes } = await bytesOf(`/api/v1/jobs/${job_id}/result`, asTown);
    const rows = await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
    expect(rows.map((row) => row['cell'] as string)).toEqual(map.cells.map(({ cell }) => cell));
  });

  it('are for those who may read it, and name what they cannot be', async () => {
    const ask = (client: Client, params: object) => client.ask('POST', '/jobs', { json: { type: 'export', params } });
    const { token } = await town.newToken(['jobs']);
    expectProblem(await ask(town.as(token), { of: 'events', format: 'csv' }), 403, 'SCOPE_MISSING');
    expectProblem(await ask(town, { of: 'events', format: 'csv', bbox: '1,2' }), 400, 'REQUEST_INVALID', 'params.bbox');
  });

  it('are made anew where their process is killed, and leave nothing else', async () => {
    const from = Date.UTC(2020, 0, 1);
    const many = Array.from({ length: MANY }, (_, i) => ({
      event_id: `m${i}`,
      event_type: 'many',
      lat: 43.6 + (i % 100) / 1_000,
      lon: -79.4,
      timestamp: new Date(from + i * 60_000).toISOString(),
    }));
    expect((await sendBulk(town, toNdjson(many))).status).toBe(201);
    const { job_id } = await exported({ of: 'events', format: 'parquet', event_type: 'many' });
    await until('some rows', 20_000, async () => {
      const { progress } = await town.get<Job>(`/jobs/${job_id}`);
      return progress.message.endsWith(' rows') ? true : undefined;
    });
    await server.kill();
    const killed = server;
    server = await start(killed.dataDir);
    town = new Client(server, ADMIN, 'town');
    const job = await town.finished(job_id);
    // Else the kill came too late to show anything.
    expect(job.attempts).toBeGreaterThan(1);
    expect(job.result).toMatchObject({ rows: MANY });
    const { sha256 } = resultFile.parse(job.result?.['file']);
    const { bytes } = await bytesOf(`/api/v1/jobs/${job_id}/result`, asTown);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    expect(await kept(job_id)).toEqual([`results/${job_id}/${sha256}`]);
    await server.stop();
    await killed.stop();
  });
});
