/**
 * The mixed load: users who look at maps, tiles, risks and lists and have places assessed, with thinking between two requests
 * and without. Seconds of a measurement: BENCH_SECONDS (60; the table in docs/performance.md is of 300).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { AnyBench, Bench } from './bench.js';
import { agentOf, isFailure, percentile, shoot } from './load/drive.ts';
import { MIX, mixedShot, mixedShots, type Places, placesOf } from './load/mix.ts';
import { type Served, sharedWorld } from './load/served.ts';
import { load } from './load/wrk.ts';
import { call, seeded } from './world.ts';

const USERS = Number(process.env['BENCH_USERS'] ?? 1_000);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 60);
/** The heap finds its size and the optimiser its code in this share of the time; memory is watched after it. */
const WARM_SHARE = 1 / 3;

interface Context {
  readonly served: Served;
  readonly places: Places;
}

/** Counts since the process began, over all caches and over those of whole answers. */
interface CacheCounts {
  answers: { good: number; all: number };
  every: { good: number; all: number };
}

const ANSWERS = new Set(['risk-map', 'tile', 'risk', 'target-risk']);

interface CacheReport {
  caches: { name: string; hits_memory: number; hits_redis: number; stale: number; misses: number }[];
}

async function cacheCounts({ server }: Served): Promise<CacheCounts> {
  const { caches } = await call<CacheReport>(server, 'load', '/monitoring/cache');
  const sum = (of: CacheReport['caches']) => {
    const good = of.reduce((total, one) => total + one.hits_memory + one.hits_redis + one.stale, 0);
    return { good, all: good + of.reduce((total, one) => total + one.misses, 0) };
  };
  return { answers: sum(caches.filter(({ name }) => ANSWERS.has(name))), every: sum(caches) };
}

function ratios(before: CacheCounts, after: CacheCounts): Record<string, number> {
  const ratio = (kind: keyof CacheCounts) =>
    (after[kind].good - before[kind].good) / (after[kind].all - before[kind].all);
  return { 'hit ratio': ratio('every'), 'hit ratio of answers': ratio('answers') };
}

/** Resident memory, looked at every second. */
function watchMemory({ server }: Served) {
  const start = performance.now();
  const seen: { minutes: number; mb: number }[] = [];
  const look = async () => {
    seen.push({ minutes: (performance.now() - start) / 60_000, mb: (await server.resident()) / 1e6 });
  };
  const timer = setInterval(() => void look(), 1_000);
  return (): Record<string, number> => {
    clearInterval(timer);
    const warm = seen.slice(Math.floor(seen.length * WARM_SHARE));
    return { 'resident, MB': warm.at(-1)?.mb ?? 0, 'resident slope, MB/min': slope(warm) };
  };
}

/** Of the straight line with the least squares. */
function slope(points: readonly { minutes: number; mb: number }[]): number {
  const mean = (of: (point: { minutes: number; mb: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(({ minutes }) => minutes), mean(({ mb }) => mb)];
  return mean(({ minutes, mb }) => (minutes - x) * (mb - y)) / mean(({ minutes }) => (minutes - x) ** 2);
}

const prepare = async (): Promise<Context> => {
  const served = await sharedWorld();
  const places = await placesOf(served);
  console.log(
    `  ${places.maps.length} maps, ${places.tiles.length} tiles, ${places.risks.length} risks, ${places.targets.length} targets`,
  );
  return { served, places };
};

const thinking: Bench<Context> = {
  description: `mixed load: ${USERS} users with ${MIX.think_seconds.join('–')} s of thinking, ${SECONDS} s`,
  runs: 1,
  bars: [
    { figure: 'p95, ms', atMost: 50 },
    { figure: 'p99, ms', atMost: 100 },
    { figure: 'errors, %', atMost: 0.05 },
    { figure: 'hit ratio of answers', atLeast: 0.9 },
  ],
  prepare,
  measure: async ({ served, places }) => {
    const { url } = served.server;
    const agent = agentOf(USERS);
    const times: number[] = [];
    const byKind = new Map<string, number[]>();
    let failures = 0;
    const before = await cacheCounts(served);
    const cpu = await served.server.cpuSeconds();
    const memory = watchMemory(served);
    const end = performance.now() + 1_000 * SECONDS;
    const [least, most] = MIX.think_seconds;
    const user = async (_: unknown, n: number) => {
      const random = seeded(n + 1);
      // They do not all come at once.
      await delay(random() * 1_000 * most);
      while (performance.now() < end) {
        const shot = mixedShot(places, random);
        const answer = await shoot(url, shot, agent);
        if (isFailure(answer)) failures++;
        times.push(answer.ms);
        const kind = byKind.get(shot.kind) ?? [];
        byKind.set(shot.kind, kind);
        kind.push(answer.ms);
        await delay(1_000 * (least + random() * (most - least)));
      }
    };
    await Promise.all(Array.from({ length: USERS }, user));
    agent.destroy();
    return {
      'req/s': times.length / SECONDS,
      'p50, ms': percentile(times, 50),
      'p95, ms': percentile(times, 95),
      'p99, ms': percentile(times, 99),
      ...Object.fromEntries([...byKind].map(([kind, of]) => [`${kind} p95, ms`, percentile(of, 95)])),
      'errors, %': (100 * failures) / times.length,
      'CPU, us/req': (((await served.server.cpuSeconds()) - cpu) * 1e6) / times.length,
      ...ratios(before, await cacheCounts(served)),
      ...memory(),
    };
  },
};

const SATURATED = 64;

const saturated: Bench<Context> = {
  description: `mixed load without thinking: ${SATURATED} connections, ${SECONDS} s`,
  runs: 3,
  bars: [
    { figure: 'req/s', atLeast: 5_000 },
    { figure: 'p99, ms', atMost: 60 },
    { figure: 'errors, %', atMost: 0.05 },
    { figure: 'hit ratio of answers', atLeast: 0.9 },
  ],
  prepare,
  measure: async ({ served, places }) => {
    const before = await cacheCounts(served);
    const cpu = await served.server.cpuSeconds();
    const memory = watchMemory(served);
    const shots = mixedShots(places, 5_000);
    const result = await load(served.server.url, shots, { connections: SATURATED, seconds: SECONDS });
    return {
      'req/s': result.perSecond,
      'p50, ms': result.p50Ms,
      'p95, ms': result.p95Ms,
      'p99, ms': result.p99Ms,
      'errors, %': (100 * result.failures) / result.requests,
      'CPU, us/req': (((await served.server.cpuSeconds()) - cpu) * 1e6) / result.requests,
      ...ratios(before, await cacheCounts(served)),
      ...memory(),
    };
  },
};

export const benches: Record<string, AnyBench> = { mixed: thinking, saturated };
