/** The requests of the mixed load, made from what the namespace holds. loadtests/mix.json has the shares. */
import { check, sleep } from 'k6';
import http, { type RefinedResponse, type ResponseType } from 'k6/http';

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

interface Point {
  lat: number;
  lon: number;
}

type Box = [west: number, south: number, east: number, north: number];

/** What `setup` reads once and every user is given. */
export interface Places {
  /** Where risks are: places that the surface covers for certain. */
  points: Point[];
  maps: string[];
  tiles: string[];
  risks: string[];
  targets: string[];
  lists: string[];
}

export const MIX = JSON.parse(open('../mix.json')) as Mix;
export const KINDS = Object.keys(MIX.weights) as Kind[];
const API = `${__ENV['BASE_URL'] ?? 'http://127.0.0.1:3000'}/api/v1`;
const HEADERS: Record<string, string> = {
  Authorization: `Bearer ${__ENV['TOKEN'] ?? ''}`,
  'Accept-Encoding': 'br, gzip',
  // A namespace's own token names it already; an administrator's needs this.
  'X-Namespace': __ENV['NAMESPACE'] ?? 'load',
};

/** Reads what the requests will name; fails the run where the namespace is not there or not filled. */
export function placesOf(): Places {
  const read = <T>(path: string): T => {
    const ask = () => http.get(API + path, { headers: HEADERS, tags: { kind: 'setup' } });
    let response = ask();
    for (let tries = 1; response.status === 503 && tries < 10; tries++) {
      sleep(1);
      response = ask();
    }
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${response.body as string}`);
    return response.json() as T;
  };
  const { bounds } = read<{ bounds: Box }>('/risk-map/tiles.json');
  const { resolution } = read<{ resolution: number }>('/risk-map');
  const { data: risks } = read<{ data: { risk_id: string; cell: { center: Point } }[] }>('/risks?limit=500');
  const { data: targets } = read<{ data: { target_id: string }[] }>('/targets?limit=500');
  if (risks.length === 0 || targets.length === 0)
    throw new Error('Fill the namespace first: node loadtests/bin/world.ts');
  const dayAgo = new Date(Date.now() - 86_400_000).toISOString();
  return {
    points: risks.map(({ cell }) => cell.center),
    maps: mapsOf(bounds, resolution),
    tiles: MIX.tile_zooms.flatMap((zoom) => tilesOf(bounds, zoom)),
    risks: risks.map(({ risk_id }) => risk_id),
    targets: targets.map(({ target_id }) => target_id),
    lists: MIX.lists.map((path) => path.replace('{day_ago}', dayAgo)),
  };
}

/** The whole map at every horizon, and at the usual one its hot cells, a coarser grid and each quarter. */
function mapsOf([west, south, east, north]: Box, resolution: number): string[] {
  const [lon, lat] = [(west + east) / 2, (south + north) / 2];
  const quarters = [
    [west, south, lon, lat],
    [lon, south, east, lat],
    [west, lat, lon, north],
    [lon, lat, east, north],
  ].map((box) => `bbox=${box.map((degrees) => degrees.toFixed(4)).join(',')}`);
  const variants = ['min_level=HIGH', `resolution=${resolution - 1}`, ...quarters];
  return [...MIX.horizons.map((hours) => `horizon=${hours}`), ...variants].map((query) => `/risk-map?${query}`);
}

/** Addresses of the tiles that touch the bounds. */
function tilesOf([west, south, east, north]: Box, zoom: number): string[] {
  const side = 2 ** zoom;
  const column = (lon: number) => Math.floor(((lon + 180) / 360) * side);
  const row = (lat: number) => {
    const sin = Math.sin((lat * Math.PI) / 180);
    return Math.floor((0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * side);
  };
  const found: string[] = [];
  for (let x = column(west); x <= column(east); x++)
    for (let y = row(north); y <= row(south); y++) found.push(`/risk-map/${zoom}/${x}/${y}.mvt`);
  return found;
}

function pick<T>(of: readonly T[]): T {
  return of[Math.floor(Math.random() * of.length)] as T;
}

function pickKind(): Kind {
  let left = Math.random() * KINDS.reduce((sum, kind) => sum + MIX.weights[kind], 0);
  return KINDS.find((kind) => (left -= MIX.weights[kind]) < 0) ?? 'map';
}

/** One request of a user, and a look at its answer. A list is sometimes turned to its next page. */
export function act(places: Places): void {
  const kind = pickKind();
  const get = (path: string) => http.get(API + path, params(kind));
  switch (kind) {
    case 'map':
      return judge(kind, get(pick(places.maps)), isJson);
    case 'tile':
      return judge(kind, get(pick(places.tiles)), (response) => response.headers['Content-Type'] !== undefined);
    case 'risk':
      return judge(kind, get(`/risks/${pick(places.risks)}`), isJson);
    case 'target_risk':
      return judge(kind, get(`/targets/${pick(places.targets)}/risk?horizon=${pick(MIX.horizons)}`), isJson);
    case 'assess':
      return assess(places.points);
    case 'list':
      return list(pick(places.lists));
  }
}

function assess(centers: readonly Point[]): void {
  const [least, most] = MIX.assess_points;
  const count = least + Math.floor(Math.random() * (most - least + 1));
  const points = Array.from({ length: count }, () => pick(centers)).map(({ lat, lon }) => ({
    lat: lat + 0.002 * (Math.random() - 0.5),
    lon: lon + 0.002 * (Math.random() - 0.5),
  }));
  const body = JSON.stringify({ horizon_hours: pick(MIX.horizons), points });
  const { headers, ...rest } = params('assess');
  const withBody = { ...rest, headers: { ...headers, 'Content-Type': 'application/json' } };
  judge('assess', http.post(`${API}/risk/assess`, body, withBody), isJson);
}

function list(path: string): void {
  const response = http.get(API + path, params('list'));
  judge('list', response, isJson);
  if (response.status !== 200 || Math.random() >= MIX.next_page_share) return;
  const cursor = (response.json('page.next_cursor') ?? null) as string | null;
  if (cursor !== null)
    judge('list', http.get(`${API}${path}&cursor=${encodeURIComponent(cursor)}`, params('list')), isJson);
}

/** One name for all addresses of a kind: k6 keeps figures by name, and there are thousands of addresses. */
function params(kind: Kind) {
  return { headers: HEADERS, tags: { kind, name: kind }, responseType: kind === 'tile' ? 'binary' : 'text' } as const;
}

type Answer = RefinedResponse<ResponseType | undefined>;

const isJson = ({ body }: Answer) => typeof body === 'string' && body.startsWith('{');

function judge(kind: Kind, response: Answer, shaped: (response: Answer) => boolean): void {
  check(response, { 'status is 200': ({ status }) => status === 200, 'body has its shape': shaped }, { kind });
}
