import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Job, JobAttempt, JobState, JobType } from '#contracts';

@Entity('jobs')
export class JobEntity {
  @PrimaryColumn('uuid', { name: 'job_id' })
  jobId!: string;

  @Column('text', { name: 'namespace_id' })
  namespaceId!: string;

  @Column('text')
  type!: JobType;

  @Column('text')
  state!: JobState;

  @Column('jsonb')
  params!: Record<string, unknown>;

  @Column('smallint')
  priority!: number;

  @Column('text', { name: 'unique_key', nullable: true })
  uniqueKey!: string | null;

  @Column('text', { name: 'request_id', nullable: true })
  requestId!: string | null;

  @Column('uuid', { name: 'created_by', nullable: true })
  createdBy!: string | null;

  @Column('integer', { default: 0 })
  attempts!: number;

  @Column('integer', { default: 0 })
  failures!: number;

  @Column('smallint', { default: 0 })
  lost!: number;

  @Column('jsonb', { default: [] })
  history!: JobAttempt[];

  @Column('uuid', { name: 'depends_on', array: true, nullable: true })
  dependsOn!: string[] | null;

  @Column('smallint', { name: 'blocked_by', default: 0 })
  blockedBy!: number;

  @Column('real', { name: 'progress_percent', default: 0 })
  progressPercent!: number;

  @Column('text', { name: 'progress_message', default: '' })
  progressMessage!: string;

  @Column('jsonb', { nullable: true })
  result!: Record<string, unknown> | null;

  @Column('text', { name: 'error_code', nullable: true })
  errorCode!: string | null;

  @Column('text', { name: 'error_message', nullable: true })
  errorMessage!: string | null;

  @Column('timestamptz', { name: 'run_after', default: () => 'now()' })
  runAfter!: Date;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}

export function presentJob(job: JobEntity): Job {
  return {
    job_id: job.jobId,
    type: job.type,
    state: job.state,
    params: job.params,
    progress: { percent: job.progressPercent, message: job.progressMessage },
    result: job.result,
    error: job.errorCode === null ? null : { code: job.errorCode, message: job.errorMessage ?? '' },
    attempts: job.attempts,
    priority: job.priority,
    depends_on: job.dependsOn ?? [],
    run_after: job.runAfter.toISOString(),
    created_at: job.createdAt.toISOString(),
    started_at: job.startedAt?.toISOString() ?? null,
    finished_at: job.finishedAt?.toISOString() ?? null,
  };
}
