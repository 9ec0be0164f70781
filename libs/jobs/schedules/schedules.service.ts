import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { type AccessContext, Audit, auditedBy } from '#access';
import type { Job, Paged, Schedule, ScheduleInput, SchedulePatch, SchedulesQuery } from '#contracts';
import { AppError, Cursors, plainRows, Postgres } from '#platform';
import { JobsService } from '../jobs/jobs.service.js';
import { checkMayStart, newJob, readParams } from '../jobs/new-job.js';
import { dueAfter } from './due-times.js';
import { presentSchedule, ScheduleEntity, timingOf } from './schedule.entity.js';
import { SchedulerClock } from './scheduler-clock.js';

const MAX_SCHEDULES = 200;
const cursorKey = z.tuple([z.iso.datetime(), z.string()]);

/** Schedules as people keep them. What is due of them is the scheduler's. */
@Injectable()
export class SchedulesService {
  constructor(
    private readonly postgres: Postgres,
    private readonly cursors: Cursors,
    private readonly audit: Audit,
    private readonly jobs: JobsService,
    private readonly clock: SchedulerClock,
  ) {}

  /** Newest first. */
  async list(access: AccessContext, query: SchedulesQuery): Promise<Paged<Schedule>> {
    const { namespaceId } = access.namespace;
    const list = this.cursors.of('schedules', namespaceId, query);
    const after = list.after(query.cursor, cursorKey);
    const rows = await this.postgres.reading((manager) => {
      const builder = manager
        .createQueryBuilder(ScheduleEntity, 'schedule')
        .where('schedule.namespace_id = :namespaceId', { namespaceId })
        .orderBy('schedule.created_at', 'DESC')
        .addOrderBy('schedule.schedule_id', 'DESC')
        .limit(query.limit + 1);
      if (after)
        builder.andWhere('(schedule.created_at, schedule.schedule_id) < (:at, :id)', { at: after[0], id: after[1] });
      return plainRows(builder);
    });
    const page = list.page(rows, query.limit, (row) => [row.createdAt.toISOString(), row.scheduleId]);
    const now = await this.clock.now(this.postgres.manager);
    return { data: page.data.map((row) => presentSchedule(row, now)), page: page.page };
  }

  /** @throws AppError NOT_FOUND, also for a schedule of another namespace */
  async read(access: AccessContext, scheduleId: string): Promise<Schedule> {
    const { namespaceId } = access.namespace;
    const row = await this.postgres.repository(ScheduleEntity).findOneBy({ namespaceId, scheduleId });
    if (!row) throw noSuchSchedule();
    return presentSchedule(row, await this.clock.now(this.postgres.manager));
  }

  /**
   * @throws AppError REQUEST_INVALID for parameters that the type does not take and a line that is never due,
   * JOB_TYPE_INTERNAL, SCOPE_MISSING, SCHEDULES_TOO_MANY
   */
  async create(access: AccessContext, input: ScheduleInput): Promise<Schedule> {
    checkMayStart(input.type, access.principal.scopes);
    const params = readParams(input.type, input.params);
    const { namespaceId } = access.namespace;
    return this.postgres.transaction(async (manager) => {
      await this.requireRoom(manager, namespaceId);
      const now = await this.clock.now(manager);
      const row = Object.assign(new ScheduleEntity(), {
        namespaceId,
        scheduleId: `sch_${randomBytes(12).toString('base64url')}`,
        name: input.name,
        type: input.type,
        params,
        priority: input.priority ?? null,
        cron: input.cron ?? null,
        timeZone: input.time_zone,
        everySeconds: input.every_seconds ?? null,
        anchor: new Date(now),
        catchUp: input.catch_up,
        catchUpMost: input.catch_up_most,
        paused: input.paused,
        dueAt: null as Date | null,
        lastDueAt: null,
        lastFiredAt: null,
        lastJobId: null,
        lastError: null,
        createdBy: access.principal.tokenId,
        createdAt: new Date(now),
        updatedAt: new Date(now),
        version: 1,
      });
      const next = nextOf(row, now);
      row.dueAt = row.paused ? null : next;
      await manager.getRepository(ScheduleEntity).insert(row as object);
      const after = presentSchedule(row, now);
      await this.audit.record(auditedBy(access), { action: 'schedule.create', subject: row.scheduleId, after });
      return after;
    });
  }

  /** A new timing counts from now; one that goes on after a pause makes up for nothing that passed in it. */
  patch(
    access: AccessContext,
    scheduleId: string,
    patch: SchedulePatch,
    version: number | undefined,
  ): Promise<Schedule> {
    return this.postgres.transaction(async (manager) => {
      const row = await held(manager, access, scheduleId, version);
      checkMayStart(row.type, access.principal.scopes);
      const now = await this.clock.now(manager);
      const before = presentSchedule(row, now);
      const wasPaused = row.paused;
      const timed = patch.cron !== undefined || patch.every_seconds !== undefined || patch.time_zone !== undefined;
      if (patch.name !== undefined) row.name = patch.name;
      if (patch.params !== undefined) row.params = readParams(row.type, patch.params);
      if (patch.priority !== undefined) row.priority = patch.priority;
      if (patch.cron !== undefined) Object.assign(row, { cron: patch.cron, everySeconds: null });
      if (patch.every_seconds !== undefined) Object.assign(row, { cron: null, everySeconds: patch.every_seconds });
      if (patch.time_zone !== undefined) row.timeZone = patch.time_zone;
      if (patch.catch_up !== undefined) row.catchUp = patch.catch_up;
      if (patch.catch_up_most !== undefined) row.catchUpMost = patch.catch_up_most;
      if (patch.paused !== undefined) row.paused = patch.paused;
      if (timed) row.anchor = new Date(now);
      if (row.paused) row.dueAt = null;
      else if (timed || wasPaused) row.dueAt = nextOf(row, now);
      row.version++;
      row.updatedAt = new Date(now);
      await manager.save(row);
      const after = presentSchedule(row, now);
      await this.audit.record(auditedBy(access), { action: 'schedule.patch', subject: scheduleId, before, after });
      return after;
    });
  }

  async remove(access: AccessContext, scheduleId: string, version: number | undefined): Promise<void> {
    await this.postgres.transaction(async (manager) => {
      const row = await held(manager, access, scheduleId, version);
      const { namespaceId } = row;
      await manager.getRepository(ScheduleEntity).delete({ namespaceId, scheduleId });
      const before = presentSchedule(row, await this.clock.now(manager));
      await this.audit.record(auditedBy(access), { action: 'schedule.delete', subject: scheduleId, before });
    });
  }

  /** Asks for its job now, beside its due times, which stay what they are. */
  async runNow(access: AccessContext, scheduleId: string): Promise<Job> {
    return this.postgres.transaction(async (manager) => {
      const row = await held(manager, access, scheduleId, undefined);
      checkMayStart(row.type, access.principal.scopes);
      const job = newJob(row.namespaceId, row.type, readParams(row.type, row.params), {
        priority: row.priority ?? undefined,
      });
      const [made] = await this.jobs.createMany(auditedBy(access), [job]);
      await this.audit.record(auditedBy(access), {
        action: 'schedule.run',
        subject: scheduleId,
        after: { job_id: made?.job_id },
      });
      return made as Job;
    });
  }

  private async requireRoom(manager: EntityManager, namespaceId: string): Promise<void> {
    // Of two at once the second sees the first.
    await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 5))`, [namespaceId]);
    const count = await manager.getRepository(ScheduleEntity).countBy({ namespaceId });
    if (count >= MAX_SCHEDULES)
      throw new AppError('SCHEDULES_TOO_MANY', `A namespace has at most ${MAX_SCHEDULES} schedules; delete one first`);
  }
}

/** @throws AppError REQUEST_INVALID for a cron line that is none, or names a day that never comes */
function nextOf(row: ScheduleEntity, now: number): Date {
  try {
    return new Date(dueAfter(timingOf(row), now));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new AppError('REQUEST_INVALID', 'The cron line cannot be kept to', { errors: [{ path: 'cron', message }] });
  }
}

/** The schedule, locked against other changes and against being fired. */
async function held(
  manager: EntityManager,
  { namespace }: AccessContext,
  scheduleId: string,
  version: number | undefined,
): Promise<ScheduleEntity> {
  const row = await manager.getRepository(ScheduleEntity).findOne({
    where: { namespaceId: namespace.namespaceId, scheduleId },
    lock: { mode: 'pessimistic_write' },
  });
  if (!row) throw noSuchSchedule();
  if (version !== undefined && version !== row.version)
    throw new AppError('VERSION_CONFLICT', `The schedule has version ${row.version} by now`);
  return row;
}

const noSuchSchedule = () => new AppError('NOT_FOUND', 'The namespace has no such schedule');
