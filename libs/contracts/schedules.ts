import { z } from 'zod';
import { timeZone } from './access.js';
import { pageQuery, paged, plainText, utcTime } from './common.js';
import { jobInput, jobType } from './jobs.js';

/** Seconds between two due times: a schedule is no loop. A cron line has no seconds, so it keeps to this by itself. */
export const MIN_SCHEDULE_SECONDS = 60;
const MAX_SCHEDULE_SECONDS = 366 * 86_400;

/** Minute, hour, day of the month, month, day of the week. Whether it is ever due is the server's check. */
const cronLine = z
  .string()
  .trim()
  .max(200)
  .regex(
    /^[\d*/,A-Za-z#?-]+(?: +[\d*/,A-Za-z#?-]+){4}$/,
    'must be five fields: minute, hour, day of the month, month, day of the week; such as "30 2 * * 1-5"',
  )
  .meta({ examples: ['30 2 * * *'] });

const catchUp = z.enum(['skip', 'last', 'all']).meta({
  description:
    'What becomes of due times that passed while no worker ran: none is made up for, the latest, or the latest ' +
    '`catch_up_most`. What passed more than 31 days ago is not.',
});

const fields = {
  name: plainText.trim().min(1).max(200),
  params: jobInput.shape.params.unwrap(),
  priority: jobInput.shape.priority.unwrap(),
  cron: cronLine,
  time_zone: timeZone.meta({ description: 'Of the cron line; an interval has none.' }),
  every_seconds: z
    .int()
    .min(MIN_SCHEDULE_SECONDS, `must be at least ${MIN_SCHEDULE_SECONDS}: a schedule is due once a minute at most`)
    .max(MAX_SCHEDULE_SECONDS),
  catch_up: catchUp,
  catch_up_most: z.int().min(1).max(1_000),
  paused: z.boolean(),
};

export const scheduleInput = z
  .strictObject({
    name: fields.name,
    type: jobType,
    params: fields.params.default({}),
    priority: fields.priority.optional(),
    cron: fields.cron.optional(),
    time_zone: fields.time_zone.default('UTC'),
    every_seconds: fields.every_seconds.optional(),
    catch_up: fields.catch_up.default('last'),
    catch_up_most: fields.catch_up_most.default(100),
    paused: fields.paused.default(false),
  })
  .refine(({ cron, every_seconds }) => (cron === undefined) !== (every_seconds === undefined), {
    path: ['cron'],
    message: 'give either cron or every_seconds',
  })
  .meta({
    id: 'ScheduleInput',
    examples: [
      {
        name: 'Fit anew every night',
        type: 'model.train',
        params: { event_type: 'fire' },
        cron: '30 2 * * *',
        time_zone: 'America/Toronto',
      },
    ],
  });
export type ScheduleInput = z.output<typeof scheduleInput>;

export const schedulePatch = z
  .strictObject(fields)
  .partial()
  .refine((patch) => Object.values(patch).some((value) => value !== undefined), 'give something to change')
  .refine(({ cron, every_seconds }) => cron === undefined || every_seconds === undefined, {
    path: ['cron'],
    message: 'give either cron or every_seconds',
  })
  .meta({ id: 'SchedulePatch', minProperties: 1, examples: [{ paused: true }] });
export type SchedulePatch = z.output<typeof schedulePatch>;

export const schedule = z
  .object({
    schedule_id: z.string(),
    name: z.string(),
    type: jobType,
    params: z.record(z.string(), z.unknown()),
    priority: z.int().nullable(),
    cron: z.string().nullable(),
    time_zone: z.string(),
    every_seconds: z.int().nullable(),
    catch_up: catchUp,
    catch_up_most: z.int(),
    paused: z.boolean(),
    next_due_at: utcTime.nullable().meta({ description: 'null while it is paused.' }),
    preview: z.array(utcTime).meta({ description: 'The next due times, were it not paused.' }),
    last_due_at: utcTime.nullable(),
    last_fired_at: utcTime.nullable(),
    last_job_id: z.string().nullable(),
    last_error: z.string().nullable().meta({ description: 'Why the last due time gave no job.' }),
    created_at: utcTime,
    updated_at: utcTime,
    version: z.int(),
  })
  .meta({
    id: 'Schedule',
    examples: [
      {
        schedule_id: 'sch_1Jd0qZ8mXv3k2PqT',
        name: 'Fit anew every night',
        type: 'model.train',
        params: { event_type: 'fire' },
        priority: null,
        cron: '30 2 * * *',
        time_zone: 'America/Toronto',
        every_seconds: null,
        catch_up: 'last',
        catch_up_most: 100,
        paused: false,
        next_due_at: '2026-02-01T07:30:00.000Z',
        preview: ['2026-02-01T07:30:00.000Z', '2026-02-02T07:30:00.000Z'],
        last_due_at: '2026-01-31T07:30:00.000Z',
        last_fired_at: '2026-01-31T07:30:00.412Z',
        last_job_id: '0f3d2a9c-5b1e-4c77-9a52-6f0e7d1c8b34',
        last_error: null,
        created_at: '2026-01-30T12:00:00.000Z',
        updated_at: '2026-01-30T12:00:00.000Z',
        version: 1,
      },
    ],
  });
export type Schedule = z.infer<typeof schedule>;
export const schedulePage = paged(schedule);
export const schedulesQuery = z.strictObject(pageQuery);
export type SchedulesQuery = z.output<typeof schedulesQuery>;
