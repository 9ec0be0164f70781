/**
 * `npm start`: sets up what is missing, then runs the platform as one process on the embedded stores. Plain JavaScript
 * for Node 20 and no imports but Node's own, because nothing is installed yet when it runs first.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, programEnvironment, ROOT } from './prepare.mjs';

await ensureInstalled();
await ensureBuilt();

const env = {
  STRISK_DEMO: 'on',
  LOG_LEVEL: 'warn',
  // Queries of the embedded engine each hold a thread of this pool; it is sized when the process begins.
  UV_THREADPOOL_SIZE: '16',
  ...programEnvironment(),
};
const node = join(ROOT, 'node_modules', '.bin', 'node');
const server = spawn(node, ['--enable-source-maps', join(ROOT, 'dist/apps/all-in-one/main.js')], {
  stdio: 'inherit',
  env,
});
// A terminal's Ctrl-C reaches both; whoever signals this process alone means the server.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => server.kill('SIGTERM'));
server.once('error', (error) => {
  process.stderr.write(`The platform could not be started: ${error.message}\n`);
  process.exit(1);
});
server.once('close', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)));
