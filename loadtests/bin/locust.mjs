/**
 * Locust, installed from PyPI into an environment of its own the first time (needs Python 3.10 or newer with venv):
 * `node loadtests/bin/locust.mjs -f loadtests/locust/locustfile.py --headless`.
 */
import { join } from 'node:path';
import { findProgram, isExecutable, mustRun, run, TOOLS } from './tool.mjs';

const VERSION = '2.47.0';

async function locust() {
  const folder = join(TOOLS, `locust-${VERSION}`);
  const program = join(folder, 'bin/locust');
  if (isExecutable(program)) return program;
  const python = findProgram(['python3']);
  if (!python) throw new Error('Locust needs Python 3 (Debian: apt-get install python3-venv)');
  console.error(`Installing Locust ${VERSION} …`);
  await mustRun(python, ['-m', 'venv', folder]);
  await mustRun(join(folder, 'bin/pip'), ['install', '--quiet', `locust==${VERSION}`]);
  return program;
}

process.exitCode = await run(await locust(), process.argv.slice(2));
