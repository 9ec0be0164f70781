import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Child, run } from '../process/child.js';
import { freePort } from '../process/free-port.js';

const VERSION = '5.2.5';
const HOME = resolve('node_modules', '.cache', `moto-${VERSION}`);
/** Stands there once the whole was installed. */
const INSTALLED = join(HOME, 'installed');

/** An S3 server of a test's own, on loopback, with nothing in it; its objects are in its memory. */
export interface TestS3 {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * What hinders tests on S3 here; undefined where nothing does. The server (moto) comes from PyPI and is kept in a folder
 * of its own: it needs Python with its venv module, and the first time PyPI.
 */
export async function whyNoS3(): Promise<string | undefined> {
  if (existsSync(INSTALLED)) return undefined;
  try {
    await mkdir(HOME, { recursive: true });
    await run('python3', ['-m', 'venv', HOME]);
    await run(join(HOME, 'bin', 'pip'), [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      `moto[server,s3]==${VERSION}`,
    ]);
    await writeFile(INSTALLED, '');
    return undefined;
  } catch (error) {
    await rm(HOME, { recursive: true, force: true });
    return `moto ${VERSION} could not be installed, which needs Python with its venv module (Debian: python3-venv) and PyPI: ${String(error)}`;
  }
}

/** Starts it and resolves when it answers and has the bucket. @throws with what the server wrote where it does not start */
export async function startS3(bucket: string): Promise<TestS3> {
  const port = await freePort();
  const child = new Child({
    command: join(HOME, 'bin', 'moto_server'),
    args: ['-H', '127.0.0.1', '-p', String(port)],
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await child.waitForOutput('Running on', 20_000, ({ stdout, stderr }) =>
      `${stdout}${stderr}`.includes('Running on') ? true : undefined,
    );
    const made = await fetch(`${url}/${bucket}`, { method: 'PUT' });
    if (!made.ok) throw new Error(`The bucket was not made: ${made.status}`);
  } catch (error) {
    await child.kill();
    throw error;
  }
  return {
    url,
    stop: async () => {
      await child.stop();
    },
  };
}
