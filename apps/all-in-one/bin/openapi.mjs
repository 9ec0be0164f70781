/**
 * The committed OpenAPI document, after a build: `npm run openapi:update` writes it, `npm run openapi:check` fails where
 * it is stale. Both fail where it breaks clients of the one before without a new major version and an entry in
 * docs/CHANGELOG-API.md. The one before is that of the commit in OPENAPI_BASE, else of HEAD where this tree changed it,
 * else of the commit before.
 */
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './prepare.mjs';

const FILE = 'docs/openapi.json';
const { OPENAPI_DOCUMENT } = await import(join(ROOT, 'dist/apps/all-in-one/openapi.js'));
const { objections, written } = await import(join(ROOT, 'dist/libs/openapi/index.js'));

const update = process.argv[2] === 'update';
const path = join(ROOT, FILE);
const generated = written(OPENAPI_DOCUMENT);
const committed = await readFile(path, 'utf8').catch(() => undefined);
const changelog = await readFile(join(ROOT, 'docs/CHANGELOG-API.md'), 'utf8');

if (!update && committed !== generated) fail(`${FILE} is stale: npm run openapi:update writes it`);
const base = before();
const against = base === undefined ? [] : objections(JSON.parse(base), OPENAPI_DOCUMENT, changelog);
if (against.length > 0) fail(`This breaks clients of the API:\n${against.map((one) => `  ${one}`).join('\n')}`);
if (base === undefined) console.log(`No ${FILE} of an earlier commit to compare with.`);
if (update) await writeFile(path, generated);
console.log(`${FILE} ${update ? 'is written' : 'is what the code says'}.`);

/** @returns {string | undefined} undefined where no commit has one, as in a shallow clone */
function before() {
  const named = process.env.OPENAPI_BASE;
  if (named !== undefined && named !== '') return show(named);
  const head = show('HEAD');
  return head === generated ? show('HEAD^') : head;
}

function show(commit) {
  try {
    return execFileSync('git', ['show', `${commit}:${FILE}`], {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return undefined;
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
