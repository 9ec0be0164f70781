import { Injectable } from '@nestjs/common';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { z } from 'zod';
import { type AccessContext, Audit, auditedBy } from '#access';
import {
  DEAD_LETTERS_AT_ONCE,
  type DeadLetter,
  type DeadLettersFilter,
  type DeadLettersPurged,
  type DeadLettersQuery,
  type DeadLettersReplayed,
  type Job,
  type Paged,
} from '#contracts';
import { AppError, Cursors, Postgres } from '#platform';
import { Dependants } from '../flows/dependants.js';
import { JobEntity, presentJob } from '../jobs/job.entity.js';
import { waitAgain } from '../lifecycle/lifecycle.service.js';
import { Publisher } from '../outbox/publisher.js';
import { DeadLetterEntity, presentDeadLetter } from './dead-letter.entity.js';

const cursorKey = z.tuple([z.iso.datetime(), z.uuid()]);

/** The jobs that failed for good: what they were, why they failed, and another chance for them. */
@Injectable()
export class DeadLettersService {
  constructor(
    private readonly postgres: Postgres,
    private readonly cursors: Cursors,
    private readonly publisher: Publisher,
    private readonly dependants: Dependants,
    private readonly audit: Audit,
  ) {}

  /** The last to die first. */
  async list(namespaceId: string, query: DeadLettersQuery): Promise<Paged<DeadLetter>> {
    const list = this.cursors.of('dead-letters', namespaceId, query);
    const after = list.after(query.cursor, cursorKey);
    const rows = await this.postgres.reading((manager) => {
      const builder = matching(manager, namespaceId, query).limit(query.limit + 1);
      if (after) builder.andWhere('(letter.died_at, letter.job_id) < (:at, :id)', { at: after[0], id: after[1] });
      return builder.getMany();
    });
    const page = list.page(rows, query.limit, (letter) => [letter.diedAt.toISOString(), letter.jobId]);
    return { data: page.data.map(presentDeadLetter), page: page.page };
  }

  /** @throws AppError NOT_FOUND */
  async read(namespaceId: string, jobId: string): Promise<DeadLetter> {
    const letter = await this.postgres.repository(DeadLetterEntity).findOneBy({ jobId, namespaceId });
    if (!letter) throw notFound();
    return presentDeadLetter(letter);
  }

  /**
   * Lets the job wait again, under its id and with all its attempts before it.
   * @throws AppError NOT_FOUND, JOB_STATE_CONFLICT where another like it waits already
   */
  async replay(access: AccessContext, jobId: string): Promise<Job> {
    const { namespaceId } = access.namespace;
    const job = await this.postgres.transaction(async (manager) => {
      const letter = await manager.getRepository(DeadLetterEntity).findOne({
        where: { jobId, namespaceId },
        lock: { mode: 'pessimistic_write' },
      });
      if (!letter) throw notFound();
      const replayed = await this.revive(manager, letter);
      await this.audit.record(auditedBy(access), auditedReplay(letter));
      return replayed;
    });
    await this.afterReplay([job]);
    return presentJob(job);
  }

  /** The oldest first. One like a job that waits already stays where it is. */
  async replayAll(access: AccessContext, filter: DeadLettersFilter): Promise<DeadLettersReplayed> {
    const { namespaceId } = access.namespace;
    const { jobs, more } = await this.postgres.transaction(async (manager) => {
      const letters = await this.oldest(manager, namespaceId, filter);
      const chosen = letters.slice(0, DEAD_LETTERS_AT_ONCE);
      const replayed: JobEntity[] = [];
      for (const letter of chosen) {
        try {
          // In a savepoint of its own: PostgreSQL takes nothing more in a transaction that it has refused a row in.
          replayed.push(await manager.transaction((inner) => this.revive(inner, letter)));
          await this.audit.record(auditedBy(access), auditedReplay(letter));
        } catch (error) {
          if (!(error instanceof AppError && error.code === 'JOB_STATE_CONFLICT')) throw error;
        }
      }
      return { jobs: replayed, more: letters.length > chosen.length };
    });
    await this.afterReplay(jobs);
    return { replayed: jobs.length, more };
  }

  /** Forgets them; the jobs themselves stay in the list of jobs, as failed. */
  async purge(access: AccessContext, filter: DeadLettersFilter): Promise<DeadLettersPurged> {
    const { namespaceId } = access.namespace;
    return this.postgres.transaction(async (manager) => {
      const letters = await this.oldest(manager, namespaceId, filter);
      const chosen = letters.slice(0, DEAD_LETTERS_AT_ONCE);
      if (chosen.length > 0) {
        await manager.delete(
          DeadLetterEntity,
          chosen.map(({ jobId }) => jobId),
        );
        await this.audit.record(auditedBy(access), ...chosen.map(auditedPurge));
      }
      return { purged: chosen.length, more: letters.length > chosen.length };
    });
  }

  /** @throws AppError NOT_FOUND */
  async purgeOne(access: AccessContext, jobId: string): Promise<void> {
    const { namespaceId } = access.namespace;
    await this.postgres.transaction(async (manager) => {
      const letter = await manager.getRepository(DeadLetterEntity).findOneBy({ jobId, namespaceId });
      if (!letter) throw notFound();
      await manager.delete(DeadLetterEntity, { jobId });
      await this.audit.record(auditedBy(access), auditedPurge(letter));
    });
  }

  private oldest(manager: EntityManager, namespaceId: string, filter: DeadLettersFilter): Promise<DeadLetterEntity[]> {
    return matching(manager, namespaceId, filter, 'ASC')
      .limit(DEAD_LETTERS_AT_ONCE + 1)
      .setLock('pessimistic_write')
      .setOnLocked('skip_locked')
      .getMany();
  }

  private async revive(manager: EntityManager, letter: DeadLetterEntity): Promise<JobEntity> {
    const jobs = manager.getRepository(JobEntity);
    const found = await jobs.findOne({ where: { jobId: letter.jobId }, lock: { mode: 'pessimistic_write' } });
    if (found && found.state !== 'failed')
      throw new AppError('JOB_STATE_CONFLICT', `The job is ${found.state}; this is for one that is failed`);
    if (!found) await this.restore(manager, letter);
    await waitAgain(manager, found ?? { jobId: letter.jobId, dependsOn: null });
    return jobs.findOneByOrFail({ jobId: letter.jobId });
  }

  /** The job itself was cleared away; what its letter kept is enough to do it. */
  private async restore(manager: EntityManager, letter: DeadLetterEntity): Promise<void> {
    await manager.query(
      `INSERT INTO jobs (job_id, namespace_id, type, state, params, priority, request_id, created_by, attempts, history, created_at)
       VALUES ($1, $2, $3, 'failed', $4, $5, $6, $7, $8, $9, $10)`,
      [
        letter.jobId,
        letter.namespaceId,
        letter.type,
        JSON.stringify(letter.params),
        letter.priority,
        letter.requestId,
        letter.createdBy,
        letter.attempts,
        JSON.stringify(letter.history),
        letter.createdAt,
      ],
    );
  }

  private async afterReplay(jobs: readonly JobEntity[]): Promise<void> {
    await this.postgres.afterCommit(() => this.publisher.wake());
    await this.dependants.settle(jobs.flatMap(({ dependsOn }) => dependsOn ?? []));
  }
}

function matching(
  manager: EntityManager,
  namespaceId: string,
  filter: DeadLettersFilter,
  order: 'ASC' | 'DESC' = 'DESC',
): SelectQueryBuilder<DeadLetterEntity> {
  const builder = manager
    .createQueryBuilder(DeadLetterEntity, 'letter')
    .where('letter.namespace_id = :namespaceId', { namespaceId })
    .orderBy('letter.died_at', order)
    .addOrderBy('letter.job_id', order);
  if (filter.type) builder.andWhere('letter.type = :type', { type: filter.type });
  if (filter.error_code) builder.andWhere('letter.error_code = :code', { code: filter.error_code });
  if (filter.from) builder.andWhere('letter.died_at >= :from', { from: new Date(filter.from) });
  if (filter.to) builder.andWhere('letter.died_at < :to', { to: new Date(filter.to) });
  return builder;
}

const notFound = () => new AppError('NOT_FOUND', 'The namespace has no such dead letter');

const auditedReplay = ({ jobId, type, errorCode }: DeadLetterEntity) => ({
  action: 'dead-letter.replay',
  subject: jobId,
  before: { type, error_code: errorCode },
});

const auditedPurge = ({ jobId, type, errorCode }: DeadLetterEntity) => ({
  action: 'dead-letter.purge',
  subject: jobId,
  before: { type, error_code: errorCode },
});
