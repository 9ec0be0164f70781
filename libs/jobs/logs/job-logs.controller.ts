import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { Access, type AccessContext, RequireScope } from '#access';
import { type JobLogLine, jobLogPage, type JobLogsQuery, jobLogsQuery, type Paged } from '#contracts';
import { Answers, ChosenFormat, type Format, type Formatted, streamRows, type Table } from '#platform';
import { JobLogsService } from './job-logs.service.js';

const logTable: Table<JobLogLine> = {
  name: 'job-log',
  columns: [
    { name: 'seq', type: 'integer' },
    { name: 'at', type: 'time' },
    { name: 'attempt', type: 'integer' },
    { name: 'level', type: 'text' },
    { name: 'message', type: 'text' },
  ],
};

@Controller('jobs')
export class JobLogsController {
  constructor(private readonly logs: JobLogsService) {}

  @Get(':job_id/logs')
  @RequireScope('jobs')
  @Answers(jobLogPage, {
    summary: 'What a job said, and what became of it',
    description:
      'Lines are kept within a quarter of a second of being said, the last 1,000 of a job (or the last 512 KB). JSON is ' +
      'a page; NDJSON is all of it.',
    errors: ['NOT_FOUND', 'NOT_ACCEPTABLE'],
    formats: ['ndjson'],
  })
  list(
    @Access() { namespace }: AccessContext,
    @Param('job_id', { schema: z.uuid() }) jobId: string,
    @Query({ schema: jobLogsQuery }) query: JobLogsQuery,
    @ChosenFormat() format: Format,
  ): Promise<Paged<JobLogLine> | Formatted> {
    const { namespaceId } = namespace;
    return format === 'json'
      ? this.logs.list(namespaceId, jobId, query)
      : streamRows(format, logTable, this.logs.pages(namespaceId, jobId, query));
  }
}
