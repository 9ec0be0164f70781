/**
 * `npm test`: makes ready what tests need and runs them all, or those that the arguments name (they go to vitest:
 * `npm test -- libs/geo`). The last line is `N passed, N failed`; the exit code is 0 only where nothing failed.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ensureBuilt,
  ensureInstalled,
  ensureNode,
  programEnvironment,
  ROOT,
} from '../../../apps/all-in-one/bin/prepare.mjs';

const args = process.argv.slice(2);
try {
  await ensureInstalled();
  await ensureNode(import.meta.url);
  await ensureBuilt();
  // Chosen tests install what they need when they need it; a whole run tells of it before it starts.
  if (args.length === 0) await ensurePrograms();
  process.exitCode = await runVitest(args);
} catch (error) {
  process.stdout.write(`${error.message}\n0 passed, 1 failed\n`);
  process.exitCode = 1;
}

async function ensurePrograms() {
  await import('./ts-resolve.mjs');
  const { CHROMIUM, ensureProgram, findProgram, REDIS } = await import('../process/system-packages.ts');
  for (const program of [REDIS, CHROMIUM]) {
    if (findProgram(program) !== undefined) continue;
    const started = performance.now();
    process.stdout.write(`Installing ${program.aptPackage} …`);
    try {
      await ensureProgram(program);
      process.stdout.write(` ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
    } catch (error) {
      // The tests that need it fail and say so; the others are still worth running.
      process.stdout.write(` not possible\n${error.message}\n`);
    }
  }
}

/** @returns {Promise<number>} the exit code */
async function runVitest(extra) {
  const folder = await mkdtemp(join(tmpdir(), 'strisk-test-report-'));
  const report = join(folder, 'report.json');
  try {
    const child = spawn(
      process.execPath,
      [
        join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...extra,
      ],
      // Threads for chDB's queries: the pool's size is read once, when a process first uses it.
      { cwd: ROOT, stdio: 'inherit', env: { UV_THREADPOOL_SIZE: '16', ...programEnvironment() } },
    );
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => resolve(exitCode ?? 1));
    });
    const { passed, failed, skipped } = await count(report, code);
    process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
    return code === 0 && failed > 0 ? 1 : code;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function count(report, code) {
  let result;
  try {
    result = JSON.parse(await readFile(report, 'utf8'));
  } catch {
    // vitest ended before it could report (a mistake in its configuration, an option it does not know).
    return { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  }
  // A file that could not be loaded has no tests to count; an error outside every test fails the run alone.
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = result.numFailedTests + broken.length;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}
