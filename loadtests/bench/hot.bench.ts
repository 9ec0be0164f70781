/**
 * What is answered from memory, beside raw Fastify that sends the same bytes and headers. Both are asked in the same
 * measurement, one right after the other and the first in turn: on a machine that is shared the ratio says more than the
 * rates, and the processor time a request took more than both.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { AnyBench, Bar, Bench } from './bench.js';
import { type Baseline, onTheWire, startBaseline } from './load/baseline.ts';
import { placesOf, tilesOf } from './load/mix.ts';
import { type Served, sharedWorld } from './load/served.ts';
import { load, type LoadResult, type Shot } from './load/wrk.ts';
import { call } from './world.ts';

const CONNECTIONS = 64;
const SECONDS = 5;
const WARM_SECONDS = 2;

interface Context {
  readonly served: Served;
  readonly shots: readonly Shot[];
  readonly baseline: Baseline | undefined;
  round: number;
}

type Options = Pick<Context, 'shots'> & { beside: boolean };

/** Answers that are all kept already, asked for by 64 connections. */
function hot(description: string, bars: readonly Bar[], of: (served: Served) => Promise<Options>): Bench<Context> {
  return {
    description,
    runs: 5,
    bars: [...bars, { figure: 'failures', atMost: 0 }],
    prepare: async () => {
      const served = await sharedWorld();
      const { shots, beside } = await of(served);
      await warm(served, shots);
      const [first] = shots;
      const baseline = beside && first ? await startBaseline(await onTheWire(served.server.url, first)) : undefined;
      return { served, shots, baseline, round: 0 };
    },
    measure: async (context) => {
      const { served, shots, baseline } = context;
      const platform = () => loaded(served.server, shots);
      const raw = () => (baseline ? loaded(baseline, shots) : undefined);
      // The second of two may find a warmer, or a more throttled, machine.
      const platformFirst = context.round++ % 2 === 0;
      let ours = platformFirst ? await platform() : undefined;
      const theirs = await raw();
      ours ??= await platform();
      await warm(served, shots.slice(0, 1));
      return {
        'req/s': ours.perSecond,
        'p50, ms': ours.p50Ms,
        'p99, ms': ours.p99Ms,
        'CPU, us/req': ours.cpuMicros,
        ...(theirs
          ? {
              'raw Fastify, req/s': theirs.perSecond,
              'raw Fastify, p99 ms': theirs.p99Ms,
              'raw Fastify, CPU us/req': theirs.cpuMicros,
              ratio: ours.perSecond / theirs.perSecond,
              'ratio by CPU': theirs.cpuMicros / ours.cpuMicros,
            }
          : {}),
        failures: ours.failures + (theirs?.failures ?? 0),
      };
    },
    finish: async ({ baseline }) => baseline?.stop(),
  };
}

/** A short load to warm up, then the one that counts. */
async function loaded(
  server: { url: string; cpuSeconds(): Promise<number> },
  shots: readonly Shot[],
): Promise<LoadResult & { cpuMicros: number }> {
  await load(server.url, shots, { connections: CONNECTIONS, seconds: WARM_SECONDS });
  const before = await server.cpuSeconds();
  const result = await load(server.url, shots, { connections: CONNECTIONS, seconds: SECONDS });
  return { ...result, cpuMicros: (((await server.cpuSeconds()) - before) * 1e6) / result.requests };
}

/** Asks for each until it comes from memory; so nothing is measured that was not kept. */
async function warm(served: Served, shots: readonly Shot[]): Promise<void> {
  for (const shot of shots) {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const { status, headers } = await onTheWire(served.server.url, shot);
      if (status !== 200) throw new Error(`${shot.path}: ${status}`);
      if (headers['x-cache'] === 'HIT') break;
      if (Date.now() > deadline) throw new Error(`${shot.path} is not kept: X-Cache ${headers['x-cache']}`);
      await delay(50);
    }
  }
}

const headersOf = ({ headers }: Served) => ({ ...headers, 'accept-encoding': 'br' });
const bars = (perSecond: number, p99: number): Bar[] => [
  { figure: 'req/s', atLeast: perSecond },
  { figure: 'p99, ms', atMost: p99 },
];

const hotMap = hot(
  'GET /risk-map, ~2,000 cells, kept, 64 connections, 5 s; raw Fastify with the same bytes beside it',
  [...bars(15_000, 25), { figure: 'ratio', atLeast: 0.7 }],
  (served) =>
    Promise.resolve({ shots: [{ path: '/api/v1/risk-map?horizon=24', headers: headersOf(served) }], beside: true }),
);

const hotRisk = hot('GET /risks/{risk_id}, kept, 200 of them in turn', bars(15_000, 20), async (served) => {
  const { risks } = await placesOf(served);
  const shots = risks.slice(0, 200).map((id) => ({ path: `/api/v1/risks/${id}`, headers: headersOf(served) }));
  return { shots, beside: true };
});

const hotTarget = hot('GET /targets/{id}/risk, kept, 200 of them in turn', bars(15_000, 20), async (served) => {
  const { targets } = await placesOf(served);
  const shots = targets.slice(0, 200).map((id) => ({ path: `/api/v1/targets/${id}/risk`, headers: headersOf(served) }));
  return { shots, beside: true };
});

const hotTile = hot(
  'GET /risk-map/{z}/{x}/{y}.mvt, kept, every tile of the city at zooms 9 to 11',
  [{ figure: 'req/s', atLeast: 8_000 }],
  async (served) => {
    const { bounds } = await call<{ bounds: [number, number, number, number] }>(
      served.server,
      served.namespace,
      '/risk-map/tiles.json',
    );
    const paths = [9, 10, 11].flatMap((zoom) => tilesOf(bounds, zoom));
    return { shots: paths.map((path) => ({ path, headers: headersOf(served) })), beside: false };
  },
);

export const benches: Record<string, AnyBench> = {
  'hot-map': hotMap,
  'hot-risk': hotRisk,
  'hot-target': hotTarget,
  'tile-hot': hotTile,
};
