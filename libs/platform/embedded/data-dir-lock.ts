import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A lock without a name is one whose owner is about to write it; after this long its owner has died instead. */
const WRITING_MS = 2_000;
const LOOK_AGAIN_MS = 20;

/** Another process works in this data directory; two would destroy it. */
export class DataDirHeldError extends Error {
  constructor(dataDir: string, pid: number) {
    super(
      `The data directory ${dataDir} is in use by process ${pid}. Stop that process, or give this one a directory of its own with DATA_DIR.`,
    );
    this.name = 'DataDirHeldError';
  }
}

/** A pid is used again after a restart; with its start time it is not. Linux only, elsewhere the pid has to do. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Takes the directory for this process. A lock left by a killed process is taken over.
 * @returns what gives it back
 * @throws DataDirHeldError
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  const path = join(dataDir, 'lock');
  const mine = `${process.pid} ${startTime(process.pid)}`;
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(mine);
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const held = await readFile(path, 'utf8').catch(() => '');
    const [pidText = '', started = ''] = held.split(' ');
    const pid = Number(pidText);
    if (pid > 0 && isRunning(pid) && startTime(pid) === started) throw new DataDirHeldError(dataDir, pid);
    if (held === '' && (await age(path)) < WRITING_MS) await delay(LOOK_AGAIN_MS);
    else await takeAway(path, held);
  }
}

const age = (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );

/** Removes a stale lock. Of several that found it stale one removes it; the others must not remove the new one. */
async function takeAway(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) === stale) await rm(aside);
  else await rename(aside, path);
}
