import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry, Event, Job, Namespace, Paged } from '#contracts';
import { startServer, type TestServer } from '#testing';
import { Client, ENV, expectProblem } from './platform.js';
import { createTown, sendBulk, toNdjson, TOWN_TYPE } from './town.js';

const DAY_MS = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;
/** Days ago, of the events of each entity. */
const AGES = [40, 31, 30, 29, 1];
const ENTITIES = ['anna', 'ben'];

let server: TestServer;
let town: Client;
let other: Client;

beforeAll(async () => {
  server = await startServer('apps/all-in-one/main', ENV);
  const admin = new Client(server);
  for (const name of ['town', 'other']) await createTown(admin, name);
  town = admin.as(admin.token, 'town');
  other = admin.as(admin.token, 'other');
  const events = ENTITIES.flatMap((entity) =>
    AGES.map((age) => ({
      event_id: `${entity}-${age}`,
      timestamp: new Date(TODAY - age * DAY_MS).toISOString(),
      lat: 43.7,
      lon: -79.4,
      event_type: TOWN_TYPE,
      entity_id: entity,
    })),
  );
  for (const client of [town, other]) expect((await sendBulk(client, toNdjson(events))).status).toBe(201);
});

afterAll(() => server.stop());

async function done(client: Client, type: string, params: object): Promise<Record<string, unknown>> {
  const job = await client.json<Job>('POST', '/jobs', { type, params }, 202);
  return (await client.finished(job.job_id)).result ?? {};
}
const idsOf = async (client: Client) =>
  (await client.get<Paged<Event>>('/events?limit=100')).data.map(({ event_id }) => event_id).toSorted();
const countedOf = async (client: Client) =>
  (await client.get<{ data: { events: number }[] }>('/event-types')).data.reduce((sum, { events }) => sum + events, 0);
const named = (entities: string[], ages: number[]) =>
  entities.flatMap((entity) => ages.map((age) => `${entity}-${age}`)).toSorted();

describe('upkeep of a namespace', () => {
  it('is for administrators', async () => {
    const { token } = await town.newToken(['jobs', 'risk:read', 'events:write']);
    const holder = town.as(token);
    for (const [type, params] of [
      ['archive', {}],
      ['retention', {}],
      ['events.erase', { entity_id: 'anna' }],
    ] as const)
      expectProblem(await holder.ask('POST', '/jobs', { json: { type, params } }), 403, 'SCOPE_MISSING');
  });

  it.each([
    { type: 'archive', params: { older_than_days: 0 }, path: 'params.older_than_days' },
    { type: 'retention', params: { days: 3 }, path: 'params' },
    { type: 'events.erase', params: {}, path: 'params.entity_id' },
    { type: 'events.erase', params: { entity_id: 'x'.repeat(129) }, path: 'params.entity_id' },
    { type: 'events.erase', params: { entity_id: 'anna', dry_run: 'yes' }, path: 'params.dry_run' },
  ])('says what is wrong with $type $params', async ({ type, params, path }) => {
    expectProblem(await town.ask('POST', '/jobs', { json: { type, params } }), 400, 'REQUEST_INVALID', path);
  });

  it('refuses days that are none', async () => {
    for (const days of [0, -1, 1.5, '30', 36_501])
      expectProblem(
        await town.ask('PATCH', '/namespaces/town', { json: { retention: { events_days: days } } }),
        400,
        'REQUEST_INVALID',
        'retention.events_days',
      );
  });

  it('erases what it holds of an entity', async () => {
    expect(await done(town, 'events.erase', { entity_id: 'anna', dry_run: true })).toMatchObject({ events: 5 });
    expect(await idsOf(town)).toEqual(named(ENTITIES, AGES));
    expect(await done(town, 'events.erase', { entity_id: 'anna' })).toEqual({ dry_run: false, events: 5, parked: 0 });
    expect(await idsOf(town)).toEqual(named(['ben'], AGES));
    expect(await countedOf(town)).toBe(AGES.length);
  });

  it('deletes what it is told to keep no longer', async () => {
    expect(await done(town, 'retention', {})).toMatchObject({ events: null, assessments: null, risks: null });
    const { retention } = await town.json<Namespace>('PATCH', '/namespaces/town', { retention: { events_days: 30 } });
    expect(retention).toEqual({ events_days: 30, assessments_days: null, risks_days: null });
    expect(await done(town, 'retention', { dry_run: true })).toMatchObject({ dry_run: true, events: { rows: 2 } });
    expect(await idsOf(town)).toEqual(named(['ben'], AGES));
    expect(await done(town, 'retention', {})).toMatchObject({ dry_run: false, events: { rows: 2 } });
    expect(await idsOf(town)).toEqual(named(['ben'], [30, 29, 1]));
    expect(await countedOf(town)).toBe(3);
  });

  it('archives', async () => {
    expect(await done(town, 'archive', { older_than_days: 1 })).toMatchObject({ days: 0, rows: 0 });
  });

  it('is written down, and touches no other namespace', async () => {
    const { data } = await town.get<Paged<AuditEntry>>('/audit-log?limit=100');
    const actions = data.map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['events.erase', 'retention.apply', 'namespace.patch']));
    expect(JSON.stringify(data)).not.toContain('anna');
    expect(await idsOf(other)).toEqual(named(ENTITIES, AGES));
    expect(await countedOf(other)).toBe(ENTITIES.length * AGES.length);
  });
});
