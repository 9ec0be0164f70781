/** The mixed load of the table in docs/performance.md, as requests; loadtests/mix.json holds its shares for k6 and Locust too. */
import { readFileSync } from 'node:fs';
import { call, seeded, somePoints } from '../world.ts';
import { clientOf, type Served } from './served.ts';
import type { Shot } from './wrk.ts';

type Kind = 'map' | 'tile' | 'risk' | 'target_risk' | 'assess' | 'list';

interface Mix {
  think_seconds: [number, number];
  weights: Record<Kind, number>;
  horizons: number[];
  tile_zooms: number[];
  assess_points: [number, number];
  next_page_share: number;
  lists: string[];
}

export const MIX = JSON.parse(readFileSync(new URL('../../mix.json', import.meta.url), 'utf8')) as Mix;
const ENCODINGS = { 'accept-encoding': 'br, gzip' };
const DAY_MS = 86_400_000;

export interface KindOfShot extends Shot {
  readonly kind: Kind;
}

interface TileJson {
  bounds: [number, number, number, number];
}

/** What the requests name: read from the namespace once. */
export interface Places {
  readonly headers: Readonly<Record<string, string>>;
  readonly risks: readonly string[];
  readonly targets: readonly string[];
  readonly maps: readonly string[];
  readonly tiles: readonly string[];
  readonly lists: readonly string[];
}

/** Reads the ids, the bounds and some second pages that the requests will name. */
export async function placesOf(served: Served): Promise<Places> {
  const platform = clientOf(served);
  const read = <T>(path: string) => call<T>(platform, served.namespace, path);
  const risks = await read<{ data: { risk_id: string }[] }>('/risks?limit=500');
  const targets = await read<{ data: { target_id: string }[] }>('/targets?limit=500');
  const { bounds } = await read<TileJson>('/risk-map/tiles.json');
  const { resolution } = await read<{ resolution: number }>('/risk-map');
  const first = MIX.lists.map((path) => path.replace('{day_ago}', new Date(Date.now() - DAY_MS).toISOString()));
  const lists = [...first];
  for (const path of first) {
    const { page } = await read<{ page?: { next_cursor: string | null } }>(path);
    if (page?.next_cursor) lists.push(`${path}&cursor=${encodeURIComponent(page.next_cursor)}`);
  }
  return {
    headers: { ...served.headers, ...ENCODINGS },
    risks: risks.data.map(({ risk_id }) => risk_id),
    targets: targets.data.map(({ target_id }) => target_id),
    maps: mapsOf(bounds, resolution),
    tiles: MIX.tile_zooms.flatMap((zoom) => tilesOf(bounds, zoom)),
    lists: lists.map((path) => `/api/v1${path}`),
  };
}

/** The whole map at every horizon, and at the usual one its hot cells, a coarser grid and each quarter. */
function mapsOf([west, south, east, north]: TileJson['bounds'], resolution: number): string[] {
  const [lon, lat] = [(west + east) / 2, (south + north) / 2];
  const quarters = [
    [west, south, lon, lat],
    [lon, south, east, lat],
    [west, lat, lon, north],
    [lon, lat, east, north],
  ].map((box) => `bbox=${box.map((degrees) => degrees.toFixed(4)).join(',')}`);
  const variants = ['min_level=HIGH', `resolution=${resolution - 1}`, ...quarters];
  return [...MIX.horizons.map((hours) => `horizon=${hours}`), ...variants].map((query) => `/api/v1/risk-map?${query}`);
}

/** Addresses of the tiles that touch the bounds. */
export function tilesOf([west, south, east, north]: TileJson['bounds'], zoom: number): string[] {
  const side = 2 ** zoom;
  const column = (lon: number) => Math.floor(((lon + 180) / 360) * side);
  const row = (lat: number) => {
    const sin = Math.sin((lat * Math.PI) / 180);
    return Math.floor((0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * side);
  };
  const found: string[] = [];
  for (let x = column(west); x <= column(east); x++)
    for (let y = row(north); y <= row(south); y++) found.push(`/api/v1/risk-map/${zoom}/${x}/${y}.mvt`);
  return found;
}

/** An assessment of so many places. */
export function assessShot(headers: Shot['headers'], random: () => number, places: number): KindOfShot {
  const horizon = pick(MIX.horizons, random);
  return {
    kind: 'assess',
    method: 'POST',
    path: '/api/v1/risk/assess',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ horizon_hours: horizon, points: somePoints(random, places) }),
  };
}

/** The next request of a user: what kind by the weights, which of the kind by chance. */
export function mixedShot({ headers, ...places }: Places, random: () => number): KindOfShot {
  const total = Object.values(MIX.weights).reduce((sum, weight) => sum + weight, 0);
  let left = random() * total;
  const kinds = Object.keys(MIX.weights) as Kind[];
  const kind = kinds.find((one) => (left -= MIX.weights[one]) < 0) ?? 'map';
  const horizon = pick(MIX.horizons, random);
  switch (kind) {
    case 'map':
      return { kind, headers, path: pick(places.maps, random) };
    case 'tile':
      return { kind, headers, path: pick(places.tiles, random) };
    case 'risk':
      return { kind, headers, path: `/api/v1/risks/${pick(places.risks, random)}` };
    case 'target_risk':
      return { kind, headers, path: `/api/v1/targets/${pick(places.targets, random)}/risk?horizon=${horizon}` };
    case 'assess': {
      const [least, most] = MIX.assess_points;
      return assessShot(headers, random, least + Math.floor(random() * (most - least + 1)));
    }
    case 'list':
      return { kind, headers, path: pick(places.lists, random) };
  }
}

/** So many of them, the same for the same seed. */
export function mixedShots(places: Places, count: number, seed = 3): KindOfShot[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => mixedShot(places, random));
}

function pick<T>(of: readonly T[], random: () => number): T {
  const one = of[Math.floor(random() * of.length)];
  if (one === undefined) throw new Error('There is nothing to pick from: the namespace is not filled');
  return one;
}
