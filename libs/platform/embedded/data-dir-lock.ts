import { readFileSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

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
    const [pidText = '', started = ''] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
    const pid = Number(pidText);
    if (pid > 0 && isRunning(pid) && startTime(pid) === started) throw new DataDirHeldError(dataDir, pid);
    await rm(path, { force: true });
  }
}
