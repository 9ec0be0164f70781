/**
 * k6, built from the Go module proxy the first time (some minutes, needs Go): `node loadtests/bin/k6.mjs run
 * loadtests/k6/mixed.ts`. One that is in PATH is used as it is.
 */
import { join } from 'node:path';
import { findProgram, isExecutable, mustRun, run, TOOLS } from './tool.mjs';

const VERSION = 'v1.8.1';

async function k6() {
  const given = findProgram(['k6']);
  if (given) return given;
  const folder = join(TOOLS, `k6-${VERSION}`);
  const built = join(folder, 'k6');
  if (isExecutable(built)) return built;
  const go = findProgram(['go']) ?? findProgram(['go'], ['/usr/local/go/bin', '/usr/lib/go/bin']);
  if (!go) throw new Error('k6 is not in PATH, and neither is Go to build it with (Debian: apt-get install golang-go)');
  console.error(`Building k6 ${VERSION} …`);
  await mustRun(go, ['install', `go.k6.io/k6@${VERSION}`], { GOBIN: folder, GOFLAGS: '-buildvcs=false' });
  return built;
}

process.exitCode = await run(await k6(), process.argv.slice(2));
