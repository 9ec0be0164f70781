/** What goes to the stores each time: lists with a million rows behind them, single resources nobody asked for before, new targets. */
import { Agent } from 'node:http';
import type { AnyBench, Bar, Bench } from './bench.js';
import { type Answered, drive, isFailure, percentile, shoot } from './load/drive.ts';
import { multiplyRisks, multiplyTargets, postgresOf } from './load/postgres.ts';
import { assessShot, placesOf, tilesOf } from './load/mix.ts';
import { clientOf, ownWorld, type Served, sharedWorld } from './load/served.ts';
import { load, type Shot } from './load/wrk.ts';
import { call, cityEvents, seeded, sendBulk } from './world.ts';

const ROWS = 1_000_000;
/** Requests under way at once. */
const CONNECTIONS = 8;
const REQUESTS = 400;
const LAST_PAGES = 20;
const RUNS = 3;
/** Rows of a page, 50 on average: with the pages so many addresses that none is asked for twice, for pages are kept. */
const LIMITS = Array.from({ length: 17 }, (_, n) => 42 + n);

interface Context {
  readonly served: Served;
  readonly end: () => Promise<void>;
  /** Addresses of pages by what they are lists of. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  round: number;
}

/** Each list as people ask for it: its first pages, and each filter that it has an index for. */
const LISTS: Record<string, string[]> = {
  risks: [
    '/risks',
    '/risks?status=open',
    '/risks?status=resolved',
    '/risks?level=CRITICAL',
    '/risks?cell={cell}',
    '/risks?group_id={group}',
  ],
  targets: ['/targets', '/targets?group_id={group}', '/targets?q=Target%2000000{digit}', '/targets?bbox={bbox}'],
  events: ['/events', '/events?from={day_ago}', '/events?cell={cell}', '/events?bbox={bbox}'],
  others: ['/groups', '/models'],
};

const lists: Bench<Context> = {
  description: `lists of 50, none kept, with ${ROWS.toLocaleString('en')} risks, targets and events, single resources, new targets; ${CONNECTIONS} connections`,
  runs: RUNS,
  bars: [
    ...Object.keys(LISTS).map((name): Bar => ({ figure: `${name}, p95 ms`, atMost: 50 })),
    { figure: 'single, p95 ms', atMost: 20 },
    { figure: 'create target, p95 ms', atMost: 100 },
    { figure: 'failures', atMost: 0 },
  ],
  prepare: async () => {
    const world = await ownWorld();
    try {
      const { server, namespace } = world.served;
      const events = await sendBulk(server, namespace, cityEvents(ROWS, Date.now(), 730, 8));
      console.log(`  ${events.accepted} events more`);
      const postgres = await postgresOf(server);
      await multiplyTargets(postgres, namespace, ROWS);
      await multiplyRisks(postgres, namespace, ROWS);
      await postgres.end();
      console.log(`  ${ROWS} targets and risks`);
      return { ...world, lists: await pagesOf(world.served), round: 0 };
    } catch (error) {
      await world.end();
      throw error;
    }
  },
  measure: async (context) => {
    const { served, lists: pages } = context;
    const round = context.round++;
    const random = seeded(round + 1);
    const figures: Record<string, number> = {};
    let failures = 0;
    for (const [name, paths] of pages) {
      // One round more is made for nothing.
      const count = Math.min(REQUESTS, Math.floor(paths.length / (RUNS + 1)));
      const shots = paths.slice(round * count, (round + 1) * count);
      const answers = await drive(
        served.server.url,
        shots.map((path) => ({ path, headers: served.headers })),
        CONNECTIONS,
      );
      failures += answers.filter((answer) => isFailure(answer) || answer.cache === 'HIT').length;
      figures[`${name}, p95 ms`] = p95(answers);
      say(name, answers, shots);
    }
    const single = await drive(served.server.url, singles(served, round), CONNECTIONS);
    const creates = await drive(served.server.url, newTargets(served, random, round), CONNECTIONS);
    failures += [...single, ...creates].filter(isFailure).length + single.filter(({ cache }) => cache === 'HIT').length;
    return { ...figures, 'single, p95 ms': p95(single), 'create target, p95 ms': p95(creates), failures };
  },
  finish: ({ end }) => end(),
};

const p95 = (answers: readonly Answered[]) =>
  percentile(
    answers.map(({ ms }) => ms),
    95,
  );

/** The slowest filter of a list, and the statuses of what failed. */
function say(name: string, answers: readonly Answered[], shots: readonly string[]): void {
  const filterOf = (shot = '') => shot.replace(/[?&](?:cursor|limit)=[^&]*/g, '');
  const times = [...new Set(shots.map(filterOf))].map((path) => ({
    path,
    ms: p95(answers.filter((_, i) => filterOf(shots[i]) === path)),
  }));
  const slowest = times.reduce((slow, one) => (one.ms > slow.ms ? one : slow), { path: '', ms: 0 });
  const statuses = [...new Set(answers.filter(isFailure).map(({ status }) => status))];
  const failed = statuses.length > 0 ? `; failures with status ${statuses.join(', ')}` : '';
  console.log(`  ${name}: slowest is ${slowest.path.slice(0, 90)}, p95 ${slowest.ms.toFixed(1)} ms${failed}`);
}

/** The first pages of each list and of each of its filters with every number of rows, in an order of their own. */
async function pagesOf(served: Served): Promise<Map<string, string[]>> {
  const read = <T>(path: string) => call<T>(clientOf(served), served.namespace, path);
  const { data: groups } = await read<{ data: { group_id: string }[] }>('/groups');
  const { cells } = await read<{ cells: { cell: string }[] }>('/risk-map?min_level=HIGH');
  const values: Record<string, string> = {
    cell: cells[0]?.cell ?? '',
    group: groups[0]?.group_id ?? '',
    digit: '4',
    bbox: '-79.4,43.64,-79.36,43.67',
    day_ago: new Date(Date.now() - 86_400_000).toISOString(),
  };
  const pages = new Map<string, string[]>();
  for (const [name, paths] of Object.entries(LISTS)) {
    const found: string[] = [];
    for (const template of paths) {
      const path = template.replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(values[key] ?? ''));
      let next: string | null = '';
      for (let n = 0; n < LAST_PAGES && next !== null; n++) {
        const cursor: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`;
        const page = (limit: number) => `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor}`;
        found.push(...LIMITS.map((limit) => `/api/v1${page(limit)}`));
        const answer = await read<{ page?: { next_cursor: string | null } }>(page(60));
        next = answer.page?.next_cursor ?? null;
      }
    }
    pages.set(name, shuffled(found));
  }
  return pages;
}

function shuffled(paths: readonly string[]): string[] {
  const random = seeded(9);
  return paths
    .map((path) => ({ path, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ path }) => path);
}

/** Risks and targets that were copied, each asked for once in all rounds: none is in a cache. */
function singles({ headers }: Served, round: number): Shot[] {
  return Array.from({ length: REQUESTS }, (_, n) => {
    const id = String(1_000 + 613 * (n + REQUESTS * round)).padStart(12, '0');
    return { path: n % 2 === 0 ? `/api/v1/risks/rsk_${id}` : `/api/v1/targets/tgt_${id}`, headers };
  });
}

function newTargets({ headers, server }: Served, random: () => number, round: number): Shot[] {
  return Array.from({ length: REQUESTS }, (_, n) => ({
    method: 'POST' as const,
    path: '/api/v1/targets',
    headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': `${server.startMs}-${round}-${n}` },
    body: JSON.stringify({
      name: `New target ${round}-${n}`,
      shape: { type: 'circle', center: { lat: 43.6 + 0.2 * random(), lon: -79.6 + 0.4 * random() }, radius_m: 500 },
    }),
  }));
}

/** Tiles that nobody has asked for: every horizon makes another one. */
const tileCold: Bench<{ served: Served; round: number }> = {
  description: `GET /risk-map/{z}/{x}/{y}.mvt, none kept, ${CONNECTIONS} connections`,
  runs: 3,
  bars: [
    { figure: 'p95, ms', atMost: 50 },
    { figure: 'failures', atMost: 0 },
  ],
  prepare: async () => ({ served: await sharedWorld(), round: 0 }),
  measure: async (context) => {
    const { served } = context;
    const { bounds } = await call<{ bounds: [number, number, number, number] }>(
      clientOf(served),
      served.namespace,
      '/risk-map/tiles.json',
    );
    const horizon = 200 + 100 * context.round++;
    const tiles = [9, 10, 11, 12].flatMap((zoom) => tilesOf(bounds, zoom));
    const shots = Array.from({ length: REQUESTS }, (_, n) => ({
      path: `${tiles[n % tiles.length]}?horizon=${horizon + Math.floor(n / tiles.length)}`,
      headers: { ...served.headers, 'accept-encoding': 'br' },
    }));
    const answers = await drive(served.server.url, shots, CONNECTIONS);
    return {
      'p50, ms': percentile(
        answers.map(({ ms }) => ms),
        50,
      ),
      'p95, ms': p95(answers),
      'p99, ms': percentile(
        answers.map(({ ms }) => ms),
        99,
      ),
      failures: answers.filter(isFailure).length + answers.filter(({ cache }) => cache === 'HIT').length,
    };
  },
};

const ASSESS_CONNECTIONS = 64;
const ASSESS_SECONDS = 5;

const assessTen: Bench<{ served: Served; shots: readonly Shot[] }> = {
  description: `POST /risk/assess, 10 points, ${ASSESS_CONNECTIONS} connections, ${ASSESS_SECONDS} s`,
  runs: 5,
  bars: [
    { figure: 'req/s', atLeast: 3_000 },
    { figure: 'p99, ms', atMost: 50 },
    { figure: 'failures', atMost: 0 },
  ],
  prepare: async () => {
    const served = await sharedWorld();
    const { headers } = await placesOf(served);
    const random = seeded(5);
    const shots = Array.from({ length: 200 }, () => assessShot(headers, random, 10));
    const [first] = shots;
    const agent = new Agent();
    const answer = first && (await shoot(served.server.url, first, agent));
    agent.destroy();
    if (answer?.status !== 200) throw new Error(`assess: ${answer?.status}`);
    return { served, shots };
  },
  measure: async ({ served: { server }, shots }) => {
    await load(server.url, shots, { connections: ASSESS_CONNECTIONS, seconds: 2 });
    const before = await server.cpuSeconds();
    const result = await load(server.url, shots, { connections: ASSESS_CONNECTIONS, seconds: ASSESS_SECONDS });
    return {
      'req/s': result.perSecond,
      'p50, ms': result.p50Ms,
      'p99, ms': result.p99Ms,
      'CPU, us/req': (((await server.cpuSeconds()) - before) * 1e6) / result.requests,
      failures: result.failures,
    };
  },
};

export const benches: Record<string, AnyBench> = {
  lists,
  'tile-cold': tileCold,
  'assess-10': assessTen,
};
