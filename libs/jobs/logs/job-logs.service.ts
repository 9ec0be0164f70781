import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { JobLogLine, JobLogsQuery, Paged } from '#contracts';
import { AppError, Cursors, everyPage, Postgres } from '#platform';
import { JobEntity } from '../jobs/job.entity.js';
import { LogStore } from './log-store.js';

const cursorKey = z.tuple([z.int()]);

@Injectable()
export class JobLogsService {
  constructor(
    private readonly postgres: Postgres,
    private readonly cursors: Cursors,
    private readonly store: LogStore,
  ) {}

  /** @throws AppError NOT_FOUND, also for a job of another namespace */
  async list(namespaceId: string, jobId: string, query: JobLogsQuery): Promise<Paged<JobLogLine>> {
    if (!(await this.postgres.repository(JobEntity).existsBy({ jobId, namespaceId })))
      throw new AppError('NOT_FOUND', 'The namespace has no such job');
    const { after, level, limit, sort } = query;
    const list = this.cursors.of(`jobs/${jobId}/logs`, namespaceId, query);
    const key = list.after(query.cursor, cursorKey);
    const lines = await this.store.readLagging(jobId, {
      level,
      limit: limit + 1,
      newestFirst: sort === '-seq',
      ...(sort === 'seq' ? { after: key?.[0] ?? after } : { after, before: key?.[0] }),
    });
    return list.page(lines, limit, ({ seq }) => [seq]);
  }

  /** All of it, page by page. */
  async *pages(namespaceId: string, jobId: string, query: JobLogsQuery): AsyncGenerator<JobLogLine[]> {
    yield* everyPage(query, (page) => this.list(namespaceId, jobId, page));
  }
}
