import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { JobType, Schedule, ScheduleInput } from '#contracts';
import { type CatchUp, preview, type Timing } from './due-times.js';

/** Due times that are shown in advance. */
const PREVIEW = 5;

@Entity('schedules')
export class ScheduleEntity {
  @PrimaryColumn('text', { name: 'namespace_id' })
  namespaceId!: string;

  @PrimaryColumn('text', { name: 'schedule_id' })
  scheduleId!: string;

  @Column('text')
  name!: string;

  @Column('text')
  type!: JobType;

  @Column('jsonb')
  params!: Record<string, unknown>;

  @Column('smallint', { nullable: true })
  priority!: number | null;

  @Column('text', { nullable: true })
  cron!: string | null;

  @Column('text', { name: 'time_zone' })
  timeZone!: string;

  @Column('integer', { name: 'every_seconds', nullable: true })
  everySeconds!: number | null;

  /** What an interval is counted from. */
  @Column('timestamptz')
  anchor!: Date;

  @Column('text', { name: 'catch_up' })
  catchUp!: ScheduleInput['catch_up'];

  @Column('integer', { name: 'catch_up_most' })
  catchUpMost!: number;

  @Column('boolean')
  paused!: boolean;

  /** The earliest due time that has not been dealt with. */
  @Column('timestamptz', { name: 'due_at', nullable: true })
  dueAt!: Date | null;

  @Column('timestamptz', { name: 'last_due_at', nullable: true })
  lastDueAt!: Date | null;

  @Column('timestamptz', { name: 'last_fired_at', nullable: true })
  lastFiredAt!: Date | null;

  @Column('uuid', { name: 'last_job_id', nullable: true })
  lastJobId!: string | null;

  @Column('text', { name: 'last_error', nullable: true })
  lastError!: string | null;

  /** Id of the token that made it, which its jobs are asked for by. */
  @Column('text', { name: 'created_by', nullable: true })
  createdBy!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('integer')
  version!: number;
}

export function timingOf({ cron, timeZone, everySeconds, anchor }: ScheduleEntity): Timing {
  if (cron !== null) return { cron, timeZone };
  return { everyMs: (everySeconds ?? 0) * 1_000, anchor: anchor.getTime() };
}

export function catchUpOf({ catchUp, catchUpMost }: ScheduleEntity): CatchUp {
  return catchUp === 'all' ? { policy: 'all', most: catchUpMost } : { policy: catchUp };
}

/** @param now milliseconds since 1970 */
export function presentSchedule(row: ScheduleEntity, now: number): Schedule {
  // From the one that is due on, which may lie in the past while nobody fires it.
  const from = row.dueAt ? row.dueAt.getTime() - 1 : now;
  return {
    schedule_id: row.scheduleId,
    name: row.name,
    type: row.type,
    params: row.params,
    priority: row.priority,
    cron: row.cron,
    time_zone: row.timeZone,
    every_seconds: row.everySeconds,
    catch_up: row.catchUp,
    catch_up_most: row.catchUpMost,
    paused: row.paused,
    next_due_at: iso(row.dueAt),
    preview: preview(timingOf(row), from, PREVIEW).map((at) => new Date(at).toISOString()),
    last_due_at: iso(row.lastDueAt),
    last_fired_at: iso(row.lastFiredAt),
    last_job_id: row.lastJobId,
    last_error: row.lastError,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    version: row.version,
  };
}

const iso = (time: Date | null) => time?.toISOString() ?? null;
