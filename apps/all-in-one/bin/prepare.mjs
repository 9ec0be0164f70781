/**
 * What `npm start` and `npm test` do before anything else: packages installed, sources built, a recent Node. Plain
 * JavaScript for Node 20 and no imports but Node's own, because nothing is installed yet when it runs first.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const STAMP = join(ROOT, 'dist', '.sources.json');
const SOURCES = ['apps', 'libs'];
const SETTINGS = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'];
/** What is in the source folders and not in the build. */
const NOT_BUILT = /(^|\/)(node_modules|dist|test)(\/|$)|\.spec\.tsx?$|\.md$|^libs\/testing(\/|$)/;
const PROGRAM_FOLDER = join(ROOT, 'node_modules', '.bin');

/**
 * Installs the packages unless what is installed is what the lock file says. npm's own record of the installation
 * (`node_modules/.package-lock.json`, which it writes last) is compared, so an interrupted installation is repeated and
 * one made by hand is taken.
 *
 * Not `npm ci`: that refuses a lock file which lacks packages for other systems, and npm leaves those out when it
 * writes the file where the registry does not show them. `--no-save` takes the locked versions and changes no file.
 */
export async function ensureInstalled() {
  if (await isInstalled()) return;
  await step('Installing packages', 'npm', [
    'install',
    '--no-save',
    '--include=dev',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
}

async function isInstalled() {
  const [wanted, found] = await Promise.all([
    readJson(join(ROOT, 'package-lock.json')),
    readJson(join(ROOT, 'node_modules', '.package-lock.json')),
  ]);
  if (wanted === undefined || found === undefined) return false;
  return Object.entries(wanted.packages).every(([path, { version, optional, peer }]) => {
    if (path === '') return true;
    const installed = found.packages[path];
    // Packages for other systems, and peers nobody asked for, are in the lock file alone.
    return installed === undefined ? optional === true || peer === true : installed.version === version;
  });
}

/**
 * Runs `npm run build` unless `dist/` was made from exactly these sources. The stamp goes before a build and comes back
 * after it, so one that was interrupted is done again, from nothing.
 */
export async function ensureBuilt() {
  const sources = await hashSources();
  const built = await readJson(STAMP);
  if (built?.hash === sources.hash) return;
  const gone = built === undefined ? ['?'] : built.files.filter((file) => !sources.files.includes(file));
  // What a deleted source left behind would still be loaded where folders are read (migrations).
  if (gone.length > 0) await rm(join(ROOT, 'dist'), { recursive: true, force: true });
  await rm(STAMP, { force: true });
  await step('Building', 'npm', ['run', '--silent', 'build']);
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  await writeFile(`${STAMP}.new`, JSON.stringify(sources));
  await rename(`${STAMP}.new`, STAMP);
}

/** @returns {Promise<{ hash: string, files: string[] }>} files as paths from the root, with `/` */
async function hashSources() {
  const files = [...SETTINGS];
  for (const folder of SOURCES) {
    for (const entry of await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = relative(ROOT, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/');
      if (!NOT_BUILT.test(path)) files.push(path);
    }
  }
  files.sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const content = await readFile(join(ROOT, file)).catch(() => Buffer.alloc(0));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return { hash: hash.digest('hex'), files };
}

/**
 * Goes on in the Node that came with the packages where the running one is older: starts the script there, hands
 * signals down, ends as it ends. Returns at once in a Node that will do.
 * @param {string} scriptUrl `import.meta.url` of the script that was started
 */
export async function ensureNode(scriptUrl) {
  const own = join(PROGRAM_FOLDER, 'node');
  if (Number(process.versions.node.split('.')[0]) >= 24 || !existsSync(own)) return;
  const child = spawn(own, [...process.execArgv, fileURLToPath(scriptUrl), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: programEnvironment(),
  });
  // A terminal sends its signals to both; whoever signals this process alone means the script.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve(exitCode ?? (signal === 'SIGINT' ? 130 : 143)));
  });
  process.exit(code);
}

/** The environment in which programs of the packages, Node among them, are found first. */
export function programEnvironment() {
  return { ...process.env, PATH: `${PROGRAM_FOLDER}:${process.env.PATH ?? ''}` };
}

/** Runs a command with its output held back; prints one line with its time, and the output only where it fails. */
async function step(title, command, args) {
  const started = performance.now();
  process.stdout.write(`${title} …`);
  const output = [];
  const child = spawn(command, args, { cwd: ROOT, env: programEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (code === 0) {
    process.stdout.write(` ${seconds} s\n`);
    return;
  }
  process.stdout.write(` failed after ${seconds} s\n${Buffer.concat(output).toString('utf8')}\n`);
  throw new Error(`${title} failed: ${command} ${args.join(' ')} ended with ${code}`);
}

async function readJson(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    // Missing, or cut off half-way: either way there is nothing to rely on.
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // By itself: `node apps/all-in-one/bin/prepare.mjs`.
  try {
    await ensureInstalled();
    await ensureBuilt();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
