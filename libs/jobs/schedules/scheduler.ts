import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ERRORS } from '#contracts';
import { AppError, counter, gauge, outsideRequests, plainColumns, Postgres } from '#platform';
import { JobsService } from '../jobs/jobs.service.js';
import { newJob, readParams } from '../jobs/new-job.js';
import { dueAfter, firings } from './due-times.js';
import { catchUpOf, ScheduleEntity, timingOf } from './schedule.entity.js';
import { SchedulerClock } from './scheduler-clock.js';

const LOOK_EVERY_MS = 1_000;
/** So late a due time is still in time: a worker that was busy, or started anew, has missed nothing. */
const GRACE_MS = 60_000;
/** What passed longer ago is not made up for, whatever the policy. */
const LONGEST_BACK_MS = 31 * 86_400_000;
/** How long it is known which due time gave which job. */
const KEEP_FIRINGS_MS = 90 * 86_400_000;
const FORGET_EVERY_MS = 3_600_000;
const FORGET_AT_ONCE = 10_000;
const ERROR_CHARACTERS = 1_000;

const fired = counter({
  name: 'strisk_schedule_firings_total',
  help: 'Due times of schedules that gave a job, or failed to',
  labelNames: ['outcome'],
});
const lag = gauge({
  name: 'strisk_schedule_lag_seconds',
  help: 'How late the last due time was that this process dealt with',
});

/**
 * Asks for the jobs of schedules when they are due. Every worker has one: whoever holds a schedule's row fires what is due
 * of it and moves it on in one transaction, so a due time gives its job once, however many look and whoever dies.
 */
@Injectable()
export class Scheduler implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Scheduler.name);
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<unknown> | undefined;
  private closed = false;
  private forgotAt = 0;

  constructor(
    private readonly postgres: Postgres,
    private readonly jobs: JobsService,
    private readonly clock: SchedulerClock,
  ) {}

  onApplicationBootstrap(): void {
    this.lookLater();
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.round;
  }

  /** Deals with all that is due. @returns how many jobs were asked for */
  async look(): Promise<number> {
    let count = 0;
    for (;;) {
      const given = this.closed ? undefined : await this.dealWithOne();
      if (given === undefined) break;
      count += given;
    }
    await this.forget();
    return count;
  }

  private lookLater(): void {
    if (this.closed) return;
    this.timer = outsideRequests(() =>
      setTimeout(() => {
        this.round = this.look()
          .catch((error: unknown) => this.logger.warn({ err: error }, 'schedules could not be looked at; trying again'))
          .finally(() => this.lookLater());
      }, LOOK_EVERY_MS),
    );
  }

  /** @returns the jobs it gave; undefined where nothing is due that nobody else deals with */
  private async dealWithOne(): Promise<number | undefined> {
    let held: ScheduleEntity | undefined;
    try {
      return await this.postgres.transaction(async (manager) => {
        const now = await this.clock.now(manager);
        held = await this.hold(manager, now);
        return held && (await this.fire(manager, held, now));
      });
    } catch (error) {
      // A store that is away, or an end in the middle: nothing was fired, and the next look finds it due.
      if (!held || !isItsOwn(error)) throw error;
      // One that cannot be fired must not keep the others from it: its turn is over, and it says why.
      await this.passOver(held, error);
      return 0;
    }
  }

  /** The schedule that has been due longest, held against all others. */
  private async hold(manager: EntityManager, now: number): Promise<ScheduleEntity | undefined> {
    const [row] = await manager.query<ScheduleEntity[]>(
      `SELECT ${plainColumns(manager, ScheduleEntity)} FROM schedules WHERE due_at <= $1
       ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
      [new Date(now)],
    );
    return row;
  }

  private async fire(manager: EntityManager, schedule: ScheduleEntity, now: number): Promise<number> {
    const { namespaceId, scheduleId, type } = schedule;
    const timing = timingOf(schedule);
    const waiting = schedule.dueAt?.getTime() ?? now;
    const due = waiting < now - LONGEST_BACK_MS ? dueAfter(timing, now - LONGEST_BACK_MS) : waiting;
    const { fire, next } = firings(timing, catchUpOf(schedule), due, now, GRACE_MS);
    const last = fire.at(-1);
    // The catalog may have changed since it was made.
    const params = readParams(type, schedule.params);
    const options = { priority: schedule.priority ?? undefined };
    const origin = { namespaceId, tokenId: schedule.createdBy, requestId: scheduleId };
    const jobs = await this.jobs.createMany(
      origin,
      fire.map(() => newJob(namespaceId, type, params, options)),
    );
    await manager.query(
      `INSERT INTO schedule_firings (namespace_id, schedule_id, due_at, job_id, fired_at)
       SELECT $1, $2, due_at, job_id, $5 FROM unnest($3::timestamptz[], $4::uuid[]) AS made (due_at, job_id)`,
      [namespaceId, scheduleId, fire.map((at) => new Date(at)), jobs.map(({ job_id }) => job_id), new Date(now)],
    );
    await manager.query(
      `UPDATE schedules SET due_at = $3, last_error = NULL, last_due_at = coalesce($4, last_due_at),
                            last_fired_at = CASE WHEN $4::timestamptz IS NULL THEN last_fired_at ELSE $5 END,
                            last_job_id = coalesce($6, last_job_id)
       WHERE namespace_id = $1 AND schedule_id = $2`,
      [
        namespaceId,
        scheduleId,
        new Date(next),
        last === undefined ? null : new Date(last),
        new Date(now),
        jobs.at(-1)?.job_id ?? null,
      ],
    );
    fired.inc({ outcome: 'fired' }, fire.length);
    if (last !== undefined) lag.set((now - last) / 1_000);
    return jobs.length;
  }

  private async passOver(schedule: ScheduleEntity, error: unknown): Promise<void> {
    const { namespaceId, scheduleId, dueAt } = schedule;
    this.logger.error({ err: error, namespace: namespaceId, schedule: scheduleId }, 'a schedule could not be fired');
    const words = (error instanceof Error ? error.message : String(error)).slice(0, ERROR_CHARACTERS);
    const now = await this.clock.now(this.postgres.manager);
    let next: Date | null = null;
    try {
      next = new Date(dueAfter(timingOf(schedule), now));
    } catch {
      // Never due again: it is paused, with the reason beside it.
    }
    await this.postgres.manager.query(
      `UPDATE schedules SET due_at = $4, paused = $4::timestamptz IS NULL, last_error = $5
       WHERE namespace_id = $1 AND schedule_id = $2 AND due_at = $3`,
      [namespaceId, scheduleId, dueAt, next, words],
    );
    fired.inc({ outcome: 'failed' });
  }

  private async forget(): Promise<void> {
    if (Date.now() - this.forgotAt < FORGET_EVERY_MS) return;
    this.forgotAt = Date.now();
    const now = await this.clock.now(this.postgres.manager);
    await this.postgres.manager.query(
      `DELETE FROM schedule_firings WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM schedule_firings WHERE fired_at < $1 ORDER BY fired_at LIMIT ${FORGET_AT_ONCE}))`,
      [new Date(now - KEEP_FIRINGS_MS)],
    );
  }
}

/** Of the schedule itself: parameters that its type does not take any more, a type or a line that is none. */
function isItsOwn(error: unknown): boolean {
  if (error instanceof AppError) return ERRORS[error.code].status < 500;
  return error instanceof TypeError || error instanceof RangeError;
}
