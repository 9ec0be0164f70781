/**
 * `npm run test:schemathesis`: throws what schemathesis makes of the OpenAPI document at a platform with a small trained
 * town, with all its checks. Installs the tool from PyPI into a folder of its own; needs Python with its venv module.
 * Arguments go to schemathesis: `-- --include-operation-id risks.list`. SCHEMATHESIS_SEED repeats a run.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, ensureNode, ROOT } from '../../../apps/all-in-one/bin/prepare.mjs';

const VERSION = '4.32.5';
const HOME = join(ROOT, 'node_modules', '.cache', `schemathesis-${VERSION}`);
const PROGRAM = join(HOME, 'bin', 'schemathesis');
const SETTINGS = join(ROOT, 'libs', 'testing', 'schemathesis');
/** Requests of each operation, beside the examples and the coverage of its schemas. */
const EXAMPLES = '50';
const TOKEN = 'an-administrator-of-the-tested-town-alone';
const ENV = {
  STRISK_ADMIN_TOKEN: TOKEN,
  LOG_LEVEL: 'error',
  // Neither is what is tested here: the tool asks as fast as it can, on whatever machine this is.
  RATE_LIMIT_PER_MINUTE: '100000000',
  SHED_EVENT_LOOP_DELAY_MS: '60000',
};

try {
  await ensureInstalled();
  await ensureNode(import.meta.url);
  await ensureBuilt();
  await ensureTool();
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function ensureTool() {
  if (existsSync(PROGRAM)) return;
  const missing = 'It needs Python 3.10 or later with its venv module (Debian: python3-venv) and access to PyPI.';
  await mkdir(HOME, { recursive: true });
  for (const [command, ...args] of [
    ['python3', '-m', 'venv', HOME],
    [join(HOME, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', `schemathesis==${VERSION}`],
  ]) {
    const { code, output } = await spawned(command, args);
    if (code !== 0)
      throw new Error(`schemathesis could not be installed: ${command} ${args.join(' ')}\n${output}\n${missing}`);
  }
}

async function run() {
  await import('./ts-resolve.mjs');
  const { startServer } = await import('../process/server.ts');
  const { asker, fillTown } = await import('../schemathesis/town.ts');
  const server = await startServer('apps/all-in-one/main', ENV);
  try {
    await fillTown(asker(server.url, TOKEN));
    const { code, output } = await spawned(
      PROGRAM,
      [
        `--config-file=${join(SETTINGS, 'schemathesis.toml')}`,
        'run',
        `${server.url}/api/v1/openapi.json`,
        `--header=Authorization: Bearer ${TOKEN}`,
        '--checks=all',
        `--max-examples=${EXAMPLES}`,
        '--workers=2',
        '--continue-on-failure',
        `--seed=${process.env.SCHEMATHESIS_SEED ?? Math.floor(Date.now() / 86_400_000)}`,
        ...process.argv.slice(2),
      ],
      // It keeps what it found in the folder it runs in.
      HOME,
    );
    process.stdout.write(output);
    if (code !== 0) {
      const log = join(ROOT, 'node_modules', '.cache', 'schemathesis-server.log');
      await writeFile(log, server.stdout + server.stderr);
      process.stdout.write(`The log of the platform: ${log}\n`);
    }
    return code;
  } finally {
    await server.stop();
  }
}

/** @returns {Promise<{ code: number, output: string }>} */
function spawned(command, args, cwd = ROOT) {
  return new Promise((resolve) => {
    const env = { ...process.env, SCHEMATHESIS_HOOKS: join(SETTINGS, 'hooks.py'), PYTHONDONTWRITEBYTECODE: '1' };
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const pieces = [];
    child.stdout.on('data', (piece) => pieces.push(piece));
    child.stderr.on('data', (piece) => pieces.push(piece));
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(pieces).toString('utf8') }));
  });
}
