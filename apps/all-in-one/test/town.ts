import { type CityEvent, CITY_RESOLUTION, CITY_TIME_ZONE, simulateCity } from '#forecast';
import type { Job, Paged, RiskMap } from '#contracts';
import { type Answer, type Client, until } from './platform.js';

export const TOWN_TYPE = 'incident';
/** Low enough that some cells of a quiet simulated city stand at every level. */
export const TOWN_LEVELS = { MODERATE: 0.05, HIGH: 0.25, CRITICAL: 0.5 };

export interface TownEvent extends CityEvent {
  event_type: string;
}

/** The simulator's city over `days` days up to about now: some 157 events a day, each run the same but for its end. */
export function townEvents(days: number, seed = 7, now = new Date(Date.now() - 60_000)): TownEvent[] {
  return simulateCity({ now, seed, days }).events.map((event) => ({ ...event, event_type: TOWN_TYPE }));
}

export function toCsv(events: readonly TownEvent[]): string {
  const lines = events.map((e) => [e.event_id, e.timestamp, e.lat, e.lon, e.amount, e.event_type].join(','));
  return `event_id,timestamp,lat,lon,amount,event_type\n${lines.join('\n')}\n`;
}

export function toNdjson(events: readonly unknown[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

export function createTown(admin: Client, namespaceId: string): Promise<unknown> {
  return admin.json('POST', '/namespaces', {
    namespace_id: namespaceId,
    h3_resolution: CITY_RESOLUTION,
    time_zone: CITY_TIME_ZONE,
    levels: TOWN_LEVELS,
  });
}

export function sendBulk(client: Client, text: string, type = 'application/x-ndjson'): Promise<Answer> {
  return client.ask('POST', '/events/bulk', { body: text, headers: { 'content-type': type } });
}

/** Fits the namespace's events whatever the baselines say, and waits until the map is served. */
export async function train(client: Client, eventType = TOWN_TYPE): Promise<RiskMap> {
  const params = { event_type: eventType, activate: true, force: true };
  const started = await client.json<Job>('POST', '/models/train', params, 202);
  await client.finished(started.job_id);
  // More than one surface is asked for, and one that comes between two requests would be taken for a difference of theirs.
  return until('the last surface', 30_000, async () => {
    const [job] = (await client.get<Paged<Job>>('/jobs?type=surface.refresh&limit=1')).data;
    const map = await mapOf(client, eventType);
    return job?.state === 'completed' && map.issued_at >= job.created_at ? map : undefined;
  });
}

/** The map as soon as there is one. */
export function mapOf(client: Client, eventType = TOWN_TYPE): Promise<RiskMap> {
  return until('a risk map', 30_000, async () => {
    const answer = await client.ask('GET', `/risk-map?event_type=${eventType}`);
    return answer.status === 200 ? (JSON.parse(answer.text) as RiskMap) : undefined;
  });
}
