import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Job, ResultFile, ResultLink } from '#contracts';
import { createDatabase, type TestDatabase } from '#testing';
import { behaviours, easyCatalog, JobsUnderTest } from '../test/jobs-under-test.js';
import { JobsOverHttp } from '../test/jobs-over-http.js';
import { ResultFiles } from './result-files.js';
import { ResultLinks } from './result-links.js';
import { ResultSweep } from './result-sweep.js';

const easy = easyCatalog();
const CSV = { name: 'Ereignisse "März".csv', mediaType: 'text/csv; charset=utf-8' };
/** Several times what goes at once, and well compressible, which must not be made use of. */
const TEXT = Array.from({ length: 100_000 }, (_, n) => `row ${n}\r\n`).join('');

let database: TestDatabase;
let workers: JobsUnderTest;
let api: JobsOverHttp;
let token: string;

beforeAll(async () => {
  database = await createDatabase();
  workers = await JobsUnderTest.start(database.url);
  api = await JobsOverHttp.start(database.url);
  token = await api.token('default', 'jobs');
});
afterAll(async () => {
  await api?.stop();
  await workers?.stop();
  await database.drop();
  easy.restore();
});
afterEach(() => workers.clear());

/** A job that made a file, where the API reads them. */
async function exported(text = TEXT, of = CSV): Promise<{ job: Job; file: ResultFile }> {
  const made = Promise.withResolvers<ResultFile>();
  behaviours.set('export', async (context) => {
    async function* chunks() {
      for (let from = 0; from < text.length; from += 65_536)
        yield await Promise.resolve(text.slice(from, from + 65_536));
    }
    const file = await api.app.get(ResultFiles).write(context, of, chunks());
    made.resolve(file);
    return { rows: 100_000, file };
  });
  const job = await workers.refresh('export');
  await workers.reaches(job, 'completed');
  return { job, file: await made.promise };
}
const get = ({ job_id }: Job, headers: Record<string, string> = {}, method = 'GET') =>
  api.ask(`${job_id}/result`, token, { headers, method });
const link = (job: Job, body: object = {}, as = token) =>
  api.ask(`${job.job_id}/result/link`, as, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const codeOf = async (answer: Response) => `${answer.status} ${((await answer.json()) as { code: string }).code}`;

describe('the result of a job', () => {
  it('is its JSON where it made no file', async () => {
    const job = await workers.refresh('a');
    await workers.reaches(job, 'completed');
    const answer = await get(job);
    expect(answer.headers.get('etag')).toMatch(/^"/);
    expect(await answer.json()).toEqual({ done: 'a' });
    expect(await codeOf(await link(job))).toBe('409 JOB_STATE_CONFLICT');
  });

  it('is not there before the job has ended, nor where it failed', async () => {
    const waiting = await workers.refresh('b', {}, { delayMs: 60_000 });
    const early = await get(waiting);
    expect(early.headers.get('retry-after')).toBe('2');
    expect(await codeOf(early)).toBe('409 RESULT_NOT_READY');
    behaviours.set('c', () => Promise.reject(new Error('no')));
    const failed = await workers.refresh('c');
    await workers.reaches(failed, 'failed');
    expect(await codeOf(await get(failed))).toBe('409 JOB_STATE_CONFLICT');
    const foreign = await workers.refresh('d', { namespaceId: 'other' });
    expect(await codeOf(await get(foreign))).toBe('404 NOT_FOUND');
    expect(await codeOf(await link(foreign))).toBe('404 NOT_FOUND');
  });

  it('is the file that it made, as it is', async () => {
    const { job, file } = await exported();
    const answer = await get(job, { 'accept-encoding': 'gzip, br, zstd' });
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-length': String(file.bytes),
      'accept-ranges': 'bytes',
      etag: `"${file.sha256}"`,
      'content-disposition': `attachment; filename="Ereignisse _M_rz_.csv"; filename*=UTF-8''Ereignisse%20%22M%C3%A4rz%22.csv`,
      'x-content-type-options': 'nosniff',
    });
    expect(answer.headers.get('content-encoding')).toBeNull();
    expect(await answer.text()).toBe(TEXT);
    const head = await get(job, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(file.bytes), '']);
    expect((await get(job, { 'if-none-match': `"x", "${file.sha256}"` })).status).toBe(304);
  });

  it('is resumed where a download broke off, and begun anew where it is another file', async () => {
    const { job, file } = await exported();
    const part = await get(job, { range: 'bytes=500000-', 'if-range': `"${file.sha256}"` });
    expect([part.status, part.headers.get('content-range')]).toEqual([
      206,
      `bytes 500000-${file.bytes - 1}/${file.bytes}`,
    ]);
    expect(await part.text()).toBe(TEXT.slice(500_000));
    const middle = await get(job, { range: 'bytes=10-19' });
    expect([middle.status, middle.headers.get('content-length'), await middle.text()]).toEqual([
      206,
      '10',
      TEXT.slice(10, 20),
    ]);
    const other = await get(job, { range: 'bytes=10-19', 'if-range': '"of another"' });
    expect([other.status, (await other.text()).length]).toEqual([200, TEXT.length]);
    const beyond = await get(job, { range: `bytes=${file.bytes}-` });
    expect(beyond.headers.get('content-range')).toBe(`bytes */${file.bytes}`);
    expect(await codeOf(beyond)).toBe('416 RANGE_NOT_SATISFIABLE');
  });

  it('is given back by a reader that leaves in the middle', async () => {
    const { job } = await exported('x'.repeat(8_000_000));
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(`GET /api/v1/jobs/${job.job_id}/result HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    await once(socket, 'data');
    socket.destroy();
    expect((await get(job)).status).toBe(200);
  });

  it('may be empty', async () => {
    const { job } = await exported('');
    const answer = await get(job);
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, '0', '']);
  });
});

describe('a link to the file of a result', () => {
  it('is good without a token, for that file, and says who asked for it', async () => {
    const { job, file } = await exported();
    const made = await link(job, { expires_in_seconds: 60 });
    expect(made.status).toBe(201);
    const { url, expires_at, file: named } = (await made.json()) as ResultLink;
    expect(named).toEqual(file);
    expect(Date.parse(expires_at) - Date.now()).toBeGreaterThan(50_000);
    expect(await (await api.ask(url, null)).text()).toBe(TEXT);
    const part = await api.ask(url, null, { headers: { range: 'bytes=0-4' } });
    expect([part.status, await part.text()]).toEqual([206, TEXT.slice(0, 5)]);
    const audit = await workers.postgres.query<unknown[]>(
      `SELECT subject FROM audit_log WHERE action = 'job.link-result'`,
    );
    expect(audit).toEqual([{ subject: job.job_id }]);
    // It opens nothing else.
    const [, query] = url.split('?', 2);
    expect(await codeOf(await api.ask(`${job.job_id}/result?${query}`, null))).toBe('401 TOKEN_MISSING');
  });

  it('that was changed, is of another job, or was never made is refused', async () => {
    const { job } = await exported();
    const { url } = (await (await link(job)).json()) as ResultLink;
    const { job: other } = await exported('other');
    for (const bad of [
      url.replace(/signature=./, 'signature=-'),
      url.replace(/expires=\d+/, 'expires=9999999999'),
      url.replace(/sha256=../, 'sha256=00'),
      url.replace(job.job_id, other.job_id),
      url.replace(/\?.*/, ''),
      url.replace(/&signature=.*/, ''),
    ])
      expect(await codeOf(await api.ask(bad, null)), bad).toBe('403 LINK_INVALID');
    expect((await api.ask(`${url}&more=1`, null)).status).toBe(400);
  });

  it('expires, and says so', async () => {
    const { job, file } = await exported();
    const query = api.app
      .get(ResultLinks)
      .sign({ jobId: job.job_id, sha256: file.sha256, expiresAt: Date.now() - 1_000 });
    expect(await codeOf(await api.ask(`${job.job_id}/result/file?${query}`, null))).toBe('410 LINK_EXPIRED');
    for (const expires_in_seconds of [0, -1, 1.5, 8 * 24 * 3_600, 'soon'])
      expect((await link(job, { expires_in_seconds })).status).toBe(400);
  });

  it('is of no use once the job has made another file', async () => {
    const { job } = await exported();
    const { url } = (await (await link(job)).json()) as ResultLink;
    await workers.postgres.query(
      `UPDATE jobs SET result = jsonb_set(result, '{file,sha256}', to_jsonb(repeat('ab', 32))) WHERE job_id = $1`,
      [job.job_id],
    );
    expect(await codeOf(await api.ask(url, null))).toBe('410 RESULT_EXPIRED');
  });

  it('is made by those alone who may see the job', async () => {
    const { job } = await exported();
    expect((await link(job, {}, await api.token('default', 'risk:read'))).status).toBe(403);
    expect((await link(job, {}, await api.token('other', 'jobs'))).status).toBe(404);
  });
});

describe('files that were kept long enough', () => {
  const age = (job: Job, days: number) =>
    workers.postgres.query(`UPDATE jobs SET finished_at = now() - $2 * interval '1 day' WHERE job_id = $1`, [
      job.job_id,
      days,
    ]);

  it('are no longer given, by token or by link, and are dropped', async () => {
    const { job: old } = await exported();
    const { url } = (await (await link(old)).json()) as ResultLink;
    const { job: young } = await exported('young');
    await age(old, 8);
    await age(young, 6);
    expect(await codeOf(await get(old))).toBe('410 RESULT_EXPIRED');
    expect(await codeOf(await api.ask(url, null))).toBe('410 RESULT_EXPIRED');
    expect(await codeOf(await link(old))).toBe('410 RESULT_EXPIRED');
    // A link does not outlive its file.
    const { expires_at } = (await (await link(young, { expires_in_seconds: 5 * 24 * 3_600 })).json()) as ResultLink;
    expect(Date.parse(expires_at)).toBeLessThan(Date.now() + 25 * 3_600_000);

    await api.app.get(ResultSweep).sweep();
    const kept: string[] = [];
    for await (const jobId of api.app.get(ResultFiles).jobs()) kept.push(jobId);
    expect(kept).toContain(young.job_id);
    expect(kept).not.toContain(old.job_id);
  });

  it('are dropped with their jobs, and those that are being made stay', async () => {
    const { job: gone } = await exported();
    await workers.postgres.query(`DELETE FROM jobs WHERE job_id = $1`, [gone.job_id]);
    const making = await workers.refresh('e', {}, { delayMs: 60_000 });
    const files = api.app.get(ResultFiles);
    async function* chunk() {
      yield await Promise.resolve('x');
    }
    await files.write({ jobId: making.job_id, fence: 1, signal: new AbortController().signal }, CSV, chunk());
    await api.app.get(ResultSweep).sweep();
    const kept: string[] = [];
    for await (const jobId of files.jobs()) kept.push(jobId);
    expect(kept).toContain(making.job_id);
    expect(kept).not.toContain(gone.job_id);
  });

  it('that are gone from the disk are said to be', async () => {
    const { job } = await exported();
    await api.app.get(ResultFiles).remove(job.job_id);
    expect(await codeOf(await get(job))).toBe('410 RESULT_EXPIRED');
  });
});
