import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { Access, type AccessContext, RequireScope } from '#access';
import {
  type DeadLetter,
  deadLetter,
  deadLetterPage,
  type DeadLettersFilter,
  deadLettersFilter,
  deadLettersPurged,
  type DeadLettersPurged,
  type DeadLettersQuery,
  deadLettersQuery,
  deadLettersReplayed,
  type DeadLettersReplayed,
  job,
  type Job,
  type Paged,
} from '#contracts';
import { Answers, Idempotent } from '#platform';
import { DeadLettersService } from './dead-letters.service.js';

const jobId = z.uuid();
const AT_ONCE = 'At most 1,000 at once, the oldest first; ask again while `more` is true.';

@Controller('dead-letters')
@RequireScope('admin')
export class DeadLettersController {
  constructor(private readonly letters: DeadLettersService) {}

  @Get()
  @Answers(deadLetterPage, { summary: 'Jobs that failed for good, the last first' })
  list(
    @Access() access: AccessContext,
    @Query({ schema: deadLettersQuery }) query: DeadLettersQuery,
  ): Promise<Paged<DeadLetter>> {
    return this.letters.list(access.namespace.namespaceId, query);
  }

  @Get(':job_id')
  @Answers(deadLetter, { summary: 'A job that failed for good, with what went wrong each time', errors: ['NOT_FOUND'] })
  read(@Access() access: AccessContext, @Param('job_id', { schema: jobId }) id: string): Promise<DeadLetter> {
    return this.letters.read(access.namespace.namespaceId, id);
  }

  @Post('replay')
  @HttpCode(200)
  @Idempotent()
  @Answers(deadLettersReplayed, {
    summary: 'Let them wait for a worker again',
    description: `${AT_ONCE} One like a job that waits already stays where it is.`,
  })
  replayAll(
    @Access() access: AccessContext,
    @Body({ schema: deadLettersFilter }) filter: DeadLettersFilter,
  ): Promise<DeadLettersReplayed> {
    return this.letters.replayAll(access, filter);
  }

  @Post(':job_id/replay')
  @HttpCode(200)
  @Answers(job, {
    summary: 'Let one wait for a worker again, with all its attempts before it',
    errors: ['NOT_FOUND', 'JOB_STATE_CONFLICT'],
  })
  replay(@Access() access: AccessContext, @Param('job_id', { schema: jobId }) id: string): Promise<Job> {
    return this.letters.replay(access, id);
  }

  @Delete()
  @Answers(deadLettersPurged, {
    summary: 'Forget them',
    description: `${AT_ONCE} The jobs stay in the list of jobs, as failed.`,
  })
  purge(
    @Access() access: AccessContext,
    @Query({ schema: deadLettersFilter }) filter: DeadLettersFilter,
  ): Promise<DeadLettersPurged> {
    return this.letters.purge(access, filter);
  }

  @Delete(':job_id')
  @HttpCode(204)
  @Answers(undefined, { summary: 'Forget one', status: 204, errors: ['NOT_FOUND'] })
  purgeOne(@Access() access: AccessContext, @Param('job_id', { schema: jobId }) id: string): Promise<void> {
    return this.letters.purgeOne(access, id);
  }
}
