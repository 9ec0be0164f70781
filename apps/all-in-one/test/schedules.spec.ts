import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job, Paged, Schedule } from '#contracts';
import { startServer, type TestServer } from '#testing';
import { Client, ENV, expectProblem } from './platform.js';

let server: TestServer;
let admin: Client;

beforeAll(async () => {
  server = await startServer('apps/all-in-one/main', ENV);
  admin = new Client(server);
});
afterAll(() => server.stop());

const nightly = { name: 'Nightly', type: 'model.train', params: { event_type: 'fire' }, cron: '30 2 * * *' };

describe('a schedule', () => {
  it('is made, shown, changed and deleted, and all of it stands in the audit log', async () => {
    const made = await admin.json<Schedule>('POST', '/schedules', { ...nightly, time_zone: 'America/Toronto' }, 201);
    expect(made).toMatchObject({ paused: false, catch_up: 'last', version: 1, last_fired_at: null });
    expect(made.preview).toHaveLength(5);
    expect(made.next_due_at).toBe(made.preview[0]);
    const hours = made.preview.map((at) =>
      new Intl.DateTimeFormat('en-GB', { timeZone: 'America/Toronto', timeStyle: 'short' }).format(new Date(at)),
    );
    expect(new Set(hours)).toEqual(new Set(['02:30']));

    const path = `/schedules/${made.schedule_id}`;
    const paused = await admin.json<Schedule>('PATCH', path, { paused: true });
    expect(paused).toMatchObject({ paused: true, next_due_at: null, version: 2 });
    const stale = await admin.ask('PATCH', path, { json: { paused: false }, headers: { 'if-match': '"1"' } });
    expectProblem(stale, 412, 'VERSION_CONFLICT');
    const hourly = await admin.json<Schedule>('PATCH', path, { every_seconds: 3_600, paused: false });
    expect(hourly).toMatchObject({ cron: null, every_seconds: 3_600, paused: false });
    expect(Date.parse(hourly.next_due_at ?? '') - Date.parse(hourly.updated_at)).toBe(3_600_000);
    expect((await admin.get<Paged<Schedule>>('/schedules')).data).toEqual([hourly]);

    expect((await admin.ask('DELETE', path)).status).toBe(204);
    expectProblem(await admin.ask('GET', path), 404, 'NOT_FOUND');
    const log = await admin.get<Paged<{ action: string; subject: string }>>('/audit-log');
    expect(log.data.filter(({ subject }) => subject === made.schedule_id).map(({ action }) => action)).toEqual([
      'schedule.delete',
      'schedule.patch',
      'schedule.patch',
      'schedule.create',
    ]);
  });

  it('runs its job now, beside its due times', async () => {
    const hourly = { name: 'Hourly', type: 'surface.refresh', params: { event_type: 'fire' }, every_seconds: 3_600 };
    const made = await admin.json<Schedule>('POST', '/schedules', hourly, 201);
    const job = await admin.json<Job>('POST', `/schedules/${made.schedule_id}/run`, undefined, 202);
    expect(job).toMatchObject({ type: 'surface.refresh', params: { event_type: 'fire' } });
    expect(await admin.get<Schedule>(`/schedules/${made.schedule_id}`)).toEqual(made);
    expect((await admin.get<Job>(`/jobs/${job.job_id}`)).job_id).toBe(job.job_id);
  });

  it.each<[string, object, string]>([
    ['a line of nonsense', { ...nightly, cron: 'every full moon at noon ok' }, 'cron'],
    ['a line with seconds', { ...nightly, cron: '* * * * * *' }, 'cron'],
    ['a day that never comes', { ...nightly, cron: '0 0 30 2 *' }, 'cron'],
    ['every millisecond', { ...nightly, cron: undefined, every_seconds: 0.001 }, 'every_seconds'],
    ['every second', { ...nightly, cron: undefined, every_seconds: 1 }, 'every_seconds'],
    ['two timings', { ...nightly, every_seconds: 60 }, 'cron'],
    ['no timing', { ...nightly, cron: undefined }, 'cron'],
    ['a zone that is none', { ...nightly, time_zone: 'Mars/Olympus' }, 'time_zone'],
    ['a type that is none', { ...nightly, type: 'coffee.make' }, 'type'],
    ['parameters of another type', { ...nightly, params: { model_version: 'x' } }, 'params'],
    ['a field that is none', { ...nightly, when: 'soon' }, ''],
  ])('with %s is refused, and the field is named', async (_, input, field) => {
    const answer = await admin.ask('POST', '/schedules', { json: input });
    expectProblem(answer, 400, 'REQUEST_INVALID');
    const { errors } = JSON.parse(answer.text) as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path.split('.')[0])).toContain(field);
  });

  it('belongs to its namespace, and to those who may start jobs', async () => {
    const made = await admin.json<Schedule>('POST', '/schedules', nightly, 201);
    await admin.json('POST', '/namespaces', { namespace_id: 'other' }, 201);
    const other = admin.as(admin.token, 'other');
    for (const [method, path, json] of [
      ['GET', '', undefined],
      ['PATCH', '', { paused: true }],
      ['DELETE', '', undefined],
      ['POST', '/run', undefined],
    ] as const)
      expectProblem(
        await other.ask(method, `/schedules/${made.schedule_id}${path}`, json ? { json } : {}),
        404,
        'NOT_FOUND',
      );
    const { token } = await admin.newToken(['risk:read']);
    expectProblem(await admin.as(token).ask('GET', '/schedules'), 403, 'SCOPE_MISSING');
  });
});
