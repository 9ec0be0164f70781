import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DeadLetter, JobAttempt, JobType } from '#contracts';

/** A job that failed for good, as it was when it did. */
@Entity('job_dead_letters')
export class DeadLetterEntity {
  @PrimaryColumn('uuid', { name: 'job_id' })
  jobId!: string;

  @Column('text', { name: 'namespace_id' })
  namespaceId!: string;

  @Column('text')
  type!: JobType;

  @Column('jsonb')
  params!: Record<string, unknown>;

  @Column('smallint')
  priority!: number;

  @Column('text', { name: 'error_code' })
  errorCode!: string;

  @Column('text', { name: 'error_message' })
  errorMessage!: string;

  @Column('text', { nullable: true })
  stack!: string | null;

  @Column('integer')
  attempts!: number;

  @Column('integer')
  failures!: number;

  @Column('jsonb')
  history!: JobAttempt[];

  @Column('text', { name: 'request_id', nullable: true })
  requestId!: string | null;

  @Column('uuid', { name: 'created_by', nullable: true })
  createdBy!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'died_at' })
  diedAt!: Date;
}

export function presentDeadLetter(letter: DeadLetterEntity): DeadLetter {
  return {
    job_id: letter.jobId,
    type: letter.type,
    params: letter.params,
    error: { code: letter.errorCode, message: letter.errorMessage, stack: letter.stack },
    attempts: letter.attempts,
    failures: letter.failures,
    history: letter.history,
    request_id: letter.requestId,
    created_at: letter.createdAt.toISOString(),
    died_at: letter.diedAt.toISOString(),
  };
}
