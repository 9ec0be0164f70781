import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DiskFileStore } from '#platform';
import { ResultFiles } from './result-files.js';

describe('the files of results', () => {
  let directory: string;
  let files: ResultFiles;
  const csv = { name: 'events.csv', mediaType: 'text/csv; charset=utf-8' };
  const never = new AbortController().signal;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'strisk-results-'));
    files = new ResultFiles(new DiskFileStore(directory));
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function* pieces(...of: (string | Uint8Array)[]) {
    for (const piece of of) yield await Promise.resolve(piece);
  }
  const read = async (
    jobId: string,
    file: Parameters<typeof files.open>[1],
    range?: { start: number; end: number },
  ) => {
    const stream = await files.open(jobId, file, range);
    return stream && (await buffer(stream)).toString();
  };

  async function kept(of = files): Promise<string[]> {
    const found: string[] = [];
    for await (const job of of.jobs()) found.push(job);
    return found;
  }

  it('are kept whole, read in parts and known by their hash', async () => {
    const jobId = randomUUID();
    const file = await files.write({ jobId, fence: 1, signal: never }, csv, pieces('a,b\r\n', Buffer.from('1,ü\r\n')));
    expect(file).toEqual({
      name: 'events.csv',
      media_type: 'text/csv; charset=utf-8',
      bytes: 11,
      sha256: createHash('sha256').update('a,b\r\n1,ü\r\n').digest('hex'),
    });
    expect(await read(jobId, file)).toBe('a,b\r\n1,ü\r\n');
    expect(await read(jobId, file, { start: 5, end: 6 })).toBe('1,');
    expect((await stat(join(directory, 'results', jobId, file.sha256))).mode & 0o777).toBe(0o600);
  });

  it('may be empty', async () => {
    const jobId = randomUUID();
    const file = await files.write({ jobId, fence: 1, signal: never }, csv, pieces());
    expect(file.bytes).toBe(0);
    expect(await read(jobId, file)).toBe('');
  });

  it('are not changed by an attempt that comes late with other bytes', async () => {
    const jobId = randomUUID();
    const named = await files.write({ jobId, fence: 1, signal: never }, csv, pieces('what the result names'));
    const late = await files.write({ jobId, fence: 1, signal: never }, csv, pieces('of one thought dead'));
    expect(await read(jobId, named)).toBe('what the result names');
    expect(late.sha256).not.toBe(named.sha256);
  });

  it('leave nothing behind when what makes them fails or is told to stop', async () => {
    const jobId = randomUUID();
    async function* broken() {
      yield await Promise.resolve('half');
      throw new Error('the store is away');
    }
    await expect(files.write({ jobId, fence: 1, signal: never }, csv, broken())).rejects.toThrow('the store is away');
    const stop = new AbortController();
    async function* stopped() {
      yield await Promise.resolve('half');
      stop.abort(new Error('cancelled'));
      yield 'never written';
    }
    await expect(files.write({ jobId, fence: 1, signal: stop.signal }, csv, stopped())).rejects.toThrow('cancelled');
    expect(await readdir(join(directory, 'results', jobId))).toEqual([]);
  });

  it('of an attempt that was killed are cleared away by the next one, and of one that runs beside are not', async () => {
    const jobId = randomUUID();
    const folder = join(directory, 'results', jobId);
    const written = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    async function* halting() {
      yield 'half';
      written.resolve();
      await go.promise;
      yield ' and half';
    }
    // Of a process that is dead, nothing more comes.
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `part-1-${randomUUID()}~${randomUUID()}`), 'half');
    await writeFile(join(folder, `part-1-${randomUUID()}`), 'whole, but not yet named');
    const beside = files.write({ jobId, fence: 2, signal: never }, csv, halting());
    await written.promise;
    const other = await files.write({ jobId, fence: 2, signal: never }, csv, pieces('other'));
    go.resolve();
    const { sha256 } = await beside;
    expect((await readdir(folder)).toSorted()).toEqual([sha256, other.sha256].toSorted());
  });

  it('are refused under a name that could leave the folder it is saved in', async () => {
    const jobId = randomUUID();
    const write = files.write({ jobId, fence: 1, signal: never }, { ...csv, name: '../../etc/passwd' }, pieces('x'));
    await expect(write).rejects.toThrow('slashes');
    await expect(files.open('../..', { ...csv, media_type: 'a/b', bytes: 1, sha256: 'x' })).rejects.toThrow();
    await expect(files.remove('..')).rejects.toThrow();
  });

  it('go with their job, though somebody still reads one', async () => {
    const jobId = randomUUID();
    const file = await files.write({ jobId, fence: 1, signal: never }, csv, pieces('x'.repeat(300_000)));
    const open = await files.open(jobId, file);
    expect(await kept()).toContain(jobId);
    await files.remove(jobId);
    await files.remove(jobId);
    expect(await kept()).not.toContain(jobId);
    expect((await buffer(open!)).length).toBe(300_000);
    expect(await files.open(jobId, file)).toBeUndefined();
  });

  it('are none where nothing was ever written', async () => {
    expect(await kept(new ResultFiles(new DiskFileStore(join(directory, 'nowhere'))))).toEqual([]);
  });
});
