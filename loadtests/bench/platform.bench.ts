/**
 * Benchmarks of the running platform: import by the command line, a look-up of one place, starting again. Each starts the
 * built process on a fresh data directory; the real files are read where they lie beside the repository.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import autocannon from 'autocannon';
import type { AnyBench, Bench } from './bench.js';
import { type BenchServer, ROOT, startServer, strisk, temporaryDataDir } from './server.ts';
import { call } from './world.ts';

const DATA = join(ROOT, '../shared/data');

/** A server and what it leaves behind. */
interface Demo {
  readonly server: BenchServer;
  readonly remove: () => Promise<void>;
}

interface Counts {
  data: { event_type: string; events: number }[];
}

/** Import of a file into an empty platform, and the same file again. */
function importBench(file: string, rows: number, seconds: number): Bench<{ path: string }> {
  return {
    description: `strisk import ${file} (${rows.toLocaleString('en')} rows) into an empty platform, then again`,
    runs: 3,
    bars: [
      { figure: 'import, s', atMost: seconds },
      { figure: 'new events when sent again', atMost: 0 },
      { figure: 'server resident, GB', atMost: 1.2 },
    ],
    prepare: () => {
      const path = join(DATA, file);
      return existsSync(path) ? { path } : `${file} is not beside the repository (../shared/data)`;
    },
    measure: async ({ path }) => {
      const dir = await temporaryDataDir();
      const server = await startServer(dir.path);
      try {
        const args = ['import', path, '-n', 'bench', '--create-namespace', '--resolution', '5', '--json'];
        const watch = watchMemory(server);
        const first = await timed(() => strisk(server, ...args));
        const again = await timed(() => strisk(server, ...args));
        const peak = await watch.stop();
        const before = total(await call<Counts>(server, 'bench', '/event-types'));
        return {
          'import, s': first,
          'rows/s': rows / first,
          'again, s': again,
          'new events when sent again': before - rows,
          'server resident, GB': peak / 1e9,
        };
      } finally {
        await server.stop();
        await dir.remove();
      }
    },
  };
}

function total({ data }: Counts): number {
  return data.reduce((sum, { events }) => sum + events, 0);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** The largest resident memory, looked at ten times a second. */
function watchMemory(server: BenchServer): { stop(): Promise<number> } {
  let peak = 0;
  const look = async () => {
    peak = Math.max(peak, await server.resident());
  };
  const timer = setInterval(() => void look(), 100);
  return {
    stop: async () => {
      clearInterval(timer);
      await look();
      return peak;
    },
  };
}

/** A server with the demo's surface, for benches that only read. */
async function demoServer(): Promise<Demo> {
  const dir = await temporaryDataDir();
  const server = await startServer(dir.path, { STRISK_DEMO: 'on' });
  const deadline = performance.now() + 120_000;
  for (;;) {
    const served = await call(server, 'demo', '/risk-map?min_level=CRITICAL').then(
      () => true,
      () => false,
    );
    if (served) return { server, remove: dir.remove };
    if (performance.now() > deadline) throw new Error('the demo was not served in time');
    await new Promise((done) => setTimeout(done, 200));
  }
}

const assess: Bench<object> = {
  description: 'POST /risk/assess, one point, one connection, 10 s, on the demo',
  runs: 5,
  bars: [
    { figure: 'p99, ms', atMost: 10 },
    { figure: 'errors', atMost: 0 },
  ],
  prepare: () => ({}),
  measure: async () => {
    const { server, remove } = await demoServer();
    try {
      const result = await autocannon({
        url: `${server.url}/api/v1/risk/assess`,
        method: 'POST',
        headers: {
          authorization: `Bearer ${server.token}`,
          'x-namespace': 'demo',
          'content-type': 'application/json',
        },
        body: JSON.stringify({ horizon_hours: 24, points: [{ lat: 41.88, lon: -87.63 }] }),
        connections: 1,
        duration: 10,
      });
      return {
        'p50, ms': result.latency.p50,
        'p99, ms': result.latency.p99,
        'requests/s': result.requests.mean,
        errors: result.errors + result.non2xx,
      };
    } finally {
      await server.stop();
      await remove();
    }
  },
};

const restart: Bench<{ dataDir: string }> = {
  description: 'Starting again on the demo’s data: until /ready answers, and until the map does',
  runs: 5,
  bars: [{ figure: 'ready, s', atMost: 5 }],
  prepare: async () => {
    const { server } = await demoServer();
    await server.stop();
    return { dataDir: server.dataDir };
  },
  measure: async ({ dataDir }) => {
    const server = await startServer(dataDir, { STRISK_DEMO: 'on' });
    const mapAfter = await timed(() => call(server, 'demo', '/risk-map'));
    await server.stop();
    return { 'ready, s': server.startMs / 1000, 'map, s': server.startMs / 1000 + mapAfter };
  },
};

export const benches: Record<string, AnyBench> = {
  'import-m2': importBench('scedc_m2_1981_2018.csv', 117_013, 15),
  'import-all': importBench('scedc_all_1981_2018.csv.gz', 664_514, 60),
  assess,
  restart,
};
