import { readFileSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
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
    if (await create(path, mine)) return () => rm(path, { force: true });
    const held = await readFile(path, 'utf8').catch(() => '');
    const [pidText = '', started = ''] = held.split(' ');
    const pid = Number(pidText);
    if (pid > 0 && isRunning(pid) && startTime(pid) === started) throw new DataDirHeldError(dataDir, pid);
    if (held === '' && (await age(path)) < WRITING_MS) await delay(LOOK_AGAIN_MS);
    else if (await takeOver(path, held, mine)) return () => rm(path, { force: true });
  }
}

/** @returns false where the file is there already */
async function create(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

const age = (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );

/**
 * Writes our name over a stale lock. The file is never away, or two of those that found it stale could each make it new;
 * and one at a time, by a second lock that is held for this moment alone.
 */
async function takeOver(path: string, stale: string, mine: string): Promise<boolean> {
  const turn = `${path}.turn`;
  if (!(await create(turn, mine))) {
    if ((await age(turn)) > WRITING_MS) await rm(turn, { force: true });
    await delay(LOOK_AGAIN_MS);
    return false;
  }
  try {
    if ((await readFile(path, 'utf8').catch(() => undefined)) !== stale) return false;
    await writeFile(path, mine);
    return true;
  } finally {
    await rm(turn, { force: true });
  }
}
