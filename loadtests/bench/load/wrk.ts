/**
 * Load from a program of its own, so that the client is not what is measured: wrk where it is, or can be installed;
 * autocannon in this process where not, and then the client's share of the processors is several times as large.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';

const run = promisify(execFile);

/** One request. Bodies are text in ASCII. */
export interface Shot {
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Answers of 400 and above, and connections that failed. */
  readonly failures: number;
}

export interface LoadOptions {
  readonly connections: number;
  readonly seconds: number;
}

/** Every connection sends the next of the shots as soon as the last is answered, round and round. */
export async function load(url: string, shots: readonly Shot[], options: LoadOptions): Promise<LoadResult> {
  wrk ??= await findWrk();
  return wrk === '' ? byAutocannon(url, shots, options) : byWrk(wrk, url, shots, options);
}

/** The path of wrk, '' where there is none; undefined before it was looked for. */
let wrk: string | undefined;

async function findWrk(): Promise<string> {
  const found = inPath('wrk');
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && inPath('apt-get') !== undefined) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', 'wrk'], { env })
      .catch(async () => {
        await run('apt-get', ['-qq', 'update'], { env });
        await run('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', 'wrk'], { env });
      })
      .catch(() => undefined);
    const installed = inPath('wrk');
    if (installed !== undefined) return installed;
  }
  console.error('  wrk is missing (Debian: apt-get install wrk); autocannon stands in, and shows lower figures');
  return '';
}

function inPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function byWrk(program: string, url: string, shots: readonly Shot[], options: LoadOptions): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'strisk-wrk-'));
  try {
    const script = join(folder, 'shots.lua');
    await writeFile(script, luaOf(shots));
    const { connections, seconds } = options;
    // One thread: the other processors are the server's.
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url];
    const { stdout } = await run(program, args, { maxBuffer: 1 << 24 });
    const line = stdout.split('\n').find((one) => one.startsWith('{"requests"'));
    if (line === undefined) throw new Error(`wrk did not say what it measured:\n${stdout}`);
    return JSON.parse(line) as LoadResult;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function luaOf(shots: readonly Shot[]): string {
  const formats = shots.map(({ method = 'GET', path, headers = {}, body }) => {
    const pairs = Object.entries(headers).map(([name, value]) => `[${lua(name)}]=${lua(value)}`);
    return `  requests[#requests + 1] = wrk.format(${lua(method)}, ${lua(path)}, {${pairs.join(',')}}, ${body === undefined ? 'nil' : lua(body)})`;
  });
  // A function of Lua holds so many constants; one a request is far from that.
  const makers = formats.map((format) => `makers[#makers + 1] = function()\n${format}\nend`);
  return `
local makers = {}
requests = {}
${makers.join('\n')}
local at = 0
function init(args)
  for _, make in ipairs(makers) do make() end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, requests)
  local failed = summary.errors
  io.write(string.format(
    '{"requests":%d,"perSecond":%f,"p50Ms":%f,"p95Ms":%f,"p99Ms":%f,"maxMs":%f,"failures":%d}\\n',
    summary.requests, summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3,
    failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end
`;
}

/** A string as Lua writes it, whose escapes are JSON's as long as it is ASCII. */
function lua(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text)) throw new Error('A request of wrk must be plain ASCII');
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

async function byAutocannon(
  url: string,
  shots: readonly Shot[],
  { connections, seconds }: LoadOptions,
): Promise<LoadResult> {
  const requests = shots.map((shot) => ({ ...shot, headers: { ...shot.headers } }));
  const result = await autocannon({ url, connections, duration: seconds, requests });
  return {
    requests: result.requests.total,
    perSecond: result.requests.total / result.duration,
    p50Ms: result.latency.p50,
    // autocannon has no 95th; the next above it is no flattery.
    p95Ms: result.latency.p97_5,
    p99Ms: result.latency.p99,
    maxMs: result.latency.max,
    failures: result.errors + result.non2xx + result.timeouts,
  };
}
