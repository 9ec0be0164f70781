/**
 * What load is put on: a namespace with some 2,000 cells, a trained model, open risks, groups and targets. All of it is made
 * through the API, so it can be made on any platform that is running; the same seed makes the same city.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { latLngToCell } from 'h3-js';

export const RESOLUTION = 8;
const EVENT_TYPE = 'incident';
const BOX = { west: -79.64, south: 43.58, east: -79.12, north: 43.85 };
const EVENTS = 60_000;
const DAYS = 240;
const GROUPS = 10;
const TARGETS = 200;
const HOT_SPOTS = 60;
const DAY_MS = 86_400_000;
const TRIES = 10;
const TRAINED_WITHIN_MS = 180_000;
/** With some 250 incidents a day over 2,000 cells, about a hundred cells are HIGH at these. */
const LEVELS = { MODERATE: 0.15, HIGH: 0.3, CRITICAL: 0.6 };

/** A platform and a token that may do everything there. */
export interface Platform {
  readonly url: string;
  readonly token: string;
}

/** A namespace that is ready to be asked, and a token of its own that may read, write events and create places. */
export interface Filled {
  readonly namespace: string;
  readonly token: string;
}

export interface EventInput {
  event_id: string;
  timestamp: string;
  lat: number;
  lon: number;
  event_type: string;
  amount: number;
}

/** mulberry32: small, fast, and the same everywhere. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Incidents of a city: a quarter anywhere, the others around hot spots of unlike weight. In no order. */
export function* cityEvents(count: number, before: number, days = DAYS, seed = 7): Generator<EventInput> {
  const random = seeded(seed);
  const within = (from: number, to: number) => from + random() * (to - from);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const spots = Array.from({ length: HOT_SPOTS }, () => ({
    lat: within(BOX.south, BOX.north),
    lon: within(BOX.west, BOX.east),
  }));
  for (let n = 0; n < count;) {
    // Squared: the first hot spots draw most.
    const spot = spots[Math.floor(random() ** 2 * spots.length)];
    const anywhere = random() < 0.25 || spot === undefined;
    const lat = anywhere ? within(BOX.south, BOX.north) : spot.lat + 0.008 * normal();
    const lon = anywhere ? within(BOX.west, BOX.east) : spot.lon + 0.011 * normal();
    if (lat < BOX.south || lat > BOX.north || lon < BOX.west || lon > BOX.east) continue;
    yield {
      event_id: `load-${seed}-${n++}`,
      timestamp: new Date(before - random() * days * DAY_MS).toISOString(),
      lat: round(lat),
      lon: round(lon),
      event_type: EVENT_TYPE,
      amount: Math.ceil(1000 * Math.exp(normal())),
    };
  }
}

/** Makes the namespace and everything in it, and waits until its map is served. */
export async function fill(platform: Platform, namespace: string, say: (line: string) => void): Promise<Filled> {
  const send = <T>(path: string, body: unknown) => call<T>(platform, namespace, path, body);
  await send('/namespaces', {
    namespace_id: namespace,
    name: 'Load test',
    h3_resolution: RESOLUTION,
    time_zone: 'America/Toronto',
    levels: LEVELS,
  });
  const scopes = ['risk:read', 'risk:write', 'events:write', 'jobs'];
  const { token } = await send<{ token: string }>('/tokens', { name: 'load test', scopes });

  say(`${EVENTS} events`);
  const { accepted } = await sendBulk(platform, namespace, cityEvents(EVENTS, Date.now()));
  if (accepted !== EVENTS) throw new Error(`${accepted} of ${EVENTS} events were accepted`);
  say(`${GROUPS} groups, ${TARGETS} targets`);
  await places(send);
  say('training');
  const params = { event_type: EVENT_TYPE, activate: true, force: true };
  const { job_id } = await send<{ job_id: string }>('/jobs', { type: 'model.train', params });
  await trained(platform, namespace, job_id);
  const cells = await mapServed(platform, namespace);
  await risksOpened(platform, namespace);
  say(`a map of ${cells} cells is served, and its risks are open`);
  return { namespace, token };
}

/** Risks are opened a moment after the surface is served. */
async function risksOpened(platform: Platform, namespace: string): Promise<void> {
  await until(async () => {
    const { data } = await call<{ data: unknown[] }>(platform, namespace, '/risks?limit=1');
    return data.length > 0 ? true : undefined;
  });
}

/** Sends events as one NDJSON stream. */
export async function sendBulk(
  platform: Platform,
  namespace: string,
  events: Iterable<EventInput>,
): Promise<{ accepted: number; rejected_total: number }> {
  const response = await fetch(`${platform.url}/api/v1/events/bulk`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${platform.token}`,
      'x-namespace': namespace,
      'content-type': 'application/x-ndjson',
    },
    body: ReadableStream.from(ndjson(events)),
    duplex: 'half',
  });
  if (!response.ok) throw new Error(`events/bulk: ${response.status} ${await response.text()}`);
  return (await response.json()) as { accepted: number; rejected_total: number };
}

/** Lines of JSON in chunks of some 64 KB. */
export function* ndjson(rows: Iterable<object>): Generator<Buffer> {
  let text = '';
  for (const row of rows) {
    text += `${JSON.stringify(row)}\n`;
    if (text.length < 65_536) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

/** A call of the API, made again where the platform has too much to do; rejects where the answer is another error. */
export async function call<T>({ url, token }: Platform, namespace: string, path: string, body?: unknown): Promise<T> {
  const ask = () =>
    fetch(`${url}/api/v1${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'x-namespace': namespace,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  let response = await ask();
  for (let tries = 1; response.status === 503 && tries < TRIES; tries++) {
    await delay(1_000 * Number(response.headers.get('retry-after') ?? 1));
    response = await ask();
  }
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** Round targets and polygons, some in a group. */
async function places(send: <T>(path: string, body: unknown) => Promise<T>): Promise<void> {
  const groups: string[] = [];
  for (let n = 0; n < GROUPS; n++)
    groups.push((await send<{ group_id: string }>('/groups', { name: `Group ${n}` })).group_id);
  const random = seeded(11);
  const targets = Array.from({ length: TARGETS }, (_, n) => {
    const center = {
      lat: round(BOX.south + random() * (BOX.north - BOX.south)),
      lon: round(BOX.west + random() * (BOX.east - BOX.west)),
    };
    const shape =
      n % 2 === 0
        ? { type: 'circle', center, radius_m: Math.round(200 + 2_000 * random()) }
        : { type: 'polygon', coordinates: [square(center, 0.004 + 0.01 * random())] };
    return { name: `Target ${n}`, group_id: n % 3 === 0 ? null : groups[n % GROUPS], shape };
  });
  await send('/targets/bulk', { targets });
}

function square({ lat, lon }: { lat: number; lon: number }, half: number): [number, number][] {
  const [west, east] = [round(lon - half), round(lon + half)];
  const [south, north] = [round(lat - half), round(lat + half)];
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
}

async function trained(platform: Platform, namespace: string, jobId: string): Promise<void> {
  await until(async () => {
    const job = await call<{ state: string; error: unknown }>(platform, namespace, `/jobs/${jobId}`);
    if (job.state === 'failed' || job.state === 'cancelled')
      throw new Error(`training ${job.state}: ${JSON.stringify(job.error)}`);
    return job.state === 'completed' ? true : undefined;
  });
}

/** Cells of the map, once it is there. */
function mapServed(platform: Platform, namespace: string): Promise<number> {
  return until(() =>
    call<{ cell_count: number }>(platform, namespace, '/risk-map').then(
      (map) => map.cell_count,
      () => undefined,
    ),
  );
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + TRAINED_WITHIN_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`It did not come about within ${TRAINED_WITHIN_MS / 1000} s`);
    await delay(200);
  }
}

/** Some places in the city, for assessments. */
export function somePoints(random: () => number, count: number): { lat: number; lon: number }[] {
  return Array.from({ length: count }, () => ({
    lat: round(BOX.south + random() * (BOX.north - BOX.south)),
    lon: round(BOX.west + random() * (BOX.east - BOX.west)),
  }));
}

/** The row that the event becomes in ClickHouse's table. */
export function storedRow(namespace: string, event: EventInput): Record<string, unknown> {
  return {
    namespace_id: namespace,
    event_type: event.event_type,
    cell: BigInt(`0x${latLngToCell(event.lat, event.lon, RESOLUTION)}`).toString(),
    ts: event.timestamp,
    event_id: event.event_id,
    lat: event.lat,
    lon: event.lon,
    amount: event.amount,
    entity_id: '',
    attrs: '{}',
    ingest_seq: 1,
  };
}

const round = (degrees: number) => Math.round(degrees * 1e5) / 1e5;
