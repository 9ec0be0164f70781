import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './child.js';

/** A program that tests need and npm does not bring. */
export interface SystemProgram {
  /** Names it goes by, the preferred first. */
  readonly names: readonly string[];
  /** Debian's package. */
  readonly aptPackage: string;
}

export const REDIS: SystemProgram = { names: ['redis-server'], aptPackage: 'redis-server' };
export const CHROMIUM: SystemProgram = {
  names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  aptPackage: 'chromium',
};

/** The program's path, or undefined where none of its names is in PATH. */
export function findProgram({ names }: SystemProgram): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/**
 * The program's path; as root on a Debian system it is installed first where it is missing. Throws with what to install
 * where that is not possible.
 */
export async function ensureProgram(program: SystemProgram): Promise<string> {
  const found = findProgram(program);
  if (found !== undefined) return found;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || findProgram({ names: ['apt-get'], aptPackage: 'apt' }) === undefined) {
    throw new Error(
      `Tests need ${program.names[0]}, which is not in PATH. Install it (Debian: apt-get install ${program.aptPackage}).`,
    );
  }
  await install(program.aptPackage);
  const installed = findProgram(program);
  if (installed === undefined) throw new Error(`${program.aptPackage} was installed without ${program.names[0]}`);
  return installed;
}

async function install(aptPackage: string): Promise<void> {
  const env = {
    ...process.env,
    DEBIAN_FRONTEND: 'noninteractive',
    // Debian starts a service it installs; tests start servers of their own.
    RUNLEVEL: '1',
  };
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  const args = [...options, 'install', '-y', '--no-install-recommends', aptPackage];
  try {
    await run('apt-get', args, env);
  } catch {
    // Package lists that are missing or out of date: the usual reason in a container.
    await run('apt-get', [...options, 'update'], env);
    await run('apt-get', args, env);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
