import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataDirHeldError, lockDataDir } from './data-dir-lock.js';

let directory: string;
let lock: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strisk-lock-'));
  lock = join(directory, 'lock');
});
afterEach(() => rm(directory, { recursive: true }));

describe('the lock on a data directory', () => {
  it('is held once, tells by whom, and is given back', async () => {
    const release = await lockDataDir(directory);
    await expect(lockDataDir(directory)).rejects.toThrow(DataDirHeldError);
    await expect(lockDataDir(directory)).rejects.toThrow(`in use by process ${process.pid}. Stop`);
    await release();
    expect(await readdir(directory)).toEqual([]);
    await (
      await lockDataDir(directory)
    )();
  });

  it('is taken over from a process that was killed', async () => {
    const child = spawn('true');
    await once(child, 'exit');
    await writeFile(lock, `${child.pid} 12345`);
    await lockDataDir(directory);
    expect((await readFile(lock, 'utf8')).split(' ')[0]).toBe(String(process.pid));
    expect(await readdir(directory)).toEqual(['lock']);
  });

  it.runIf(process.platform === 'linux')(
    'is taken over where the number belongs to another process by now',
    async () => {
      await writeFile(lock, `${process.pid} 1`);
      await lockDataDir(directory);
      await expect(lockDataDir(directory)).rejects.toThrow(DataDirHeldError);
    },
  );

  it('is not taken over while its owner is about to write it', async () => {
    const owner = await open(lock, 'wx');
    const other = lockDataDir(directory);
    other.catch(() => undefined);
    // Long enough for many looks at the lock that has no name yet.
    expect(await Promise.race([other.then(() => 'taken'), delay(150, 'not taken')])).toBe('not taken');
    await owner.writeFile(await nameOfThisProcess());
    await owner.close();
    await expect(other).rejects.toThrow(DataDirHeldError);
  });

  it('is taken over from an owner that died before it wrote it', async () => {
    await writeFile(lock, '');
    const before = new Date(Date.now() - 60_000);
    await utimes(lock, before, before);
    await lockDataDir(directory);
    expect((await readFile(lock, 'utf8')).split(' ')[0]).toBe(String(process.pid));
  });

  it('goes to one of many that find it stale at once', async () => {
    for (let round = 0; round < 40; round++) {
      await writeFile(lock, '999999999 1');
      const takers = await Promise.allSettled(Array.from({ length: 12 }, () => lockDataDir(directory)));
      const taken = takers.filter((taker) => taker.status === 'fulfilled');
      expect(taken).toHaveLength(1);
      for (const taker of takers)
        if (taker.status === 'rejected') expect(taker.reason).toBeInstanceOf(DataDirHeldError);
      await taken[0]?.value();
    }
  });
});

/** What this process writes into a lock. */
async function nameOfThisProcess(): Promise<string> {
  const elsewhere = await mkdtemp(join(tmpdir(), 'strisk-lock-'));
  await lockDataDir(elsewhere);
  const name = await readFile(join(elsewhere, 'lock'), 'utf8');
  await rm(elsewhere, { recursive: true });
  return name;
}
