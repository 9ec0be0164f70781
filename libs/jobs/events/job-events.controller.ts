import { Controller, Get, Headers, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Access, type AccessContext, Gate, RequireScope } from '#access';
import { type JobEventsQuery, jobEventsQuery } from '#contracts';
import { Answers, type Formatted, requestContext } from '#platform';
import { JobStreams } from './job-streams.js';
import { lastEventId } from './server-sent.js';

const RULE = { public: false, scope: 'jobs', namespace: true } as const;

@Controller('jobs')
export class JobEventsController {
  constructor(
    private readonly streams: JobStreams,
    private readonly gate: Gate,
  ) {}

  @Get(':job_id/events')
  @RequireScope(RULE.scope)
  @Answers(undefined, {
    summary: 'What happens to a job, as it happens',
    description:
      'Server-sent events until the job has ended: `state` with a `JobStatus`, `progress` with its `progress`, `log` ' +
      'with a `JobLogLine`, `end` when nothing more will come. Each carries as its id the `seq` of the last line before ' +
      'it; whoever comes back with it as `Last-Event-ID`, at whichever process, misses no line.',
    mediaType: 'text/event-stream',
    errors: ['NOT_FOUND', 'STREAMS_TOO_MANY', 'OVERLOADED', 'UNAVAILABLE'],
    deadlineMs: null,
    example:
      'id: 2\nevent: log\ndata: {"seq":2,"at":"2026-01-31T08:00:01.250Z","attempt":1,"level":"info","message":"12,400 events read"}\n\n' +
      'id: 2\nevent: progress\ndata: {"percent":40,"message":"Fitting"}\n\n',
  })
  async events(
    @Access() { namespace, principal }: AccessContext,
    @Param('job_id', { schema: z.uuid() }) jobId: string,
    @Query({ schema: jobEventsQuery }) query: JobEventsQuery,
    @Headers('last-event-id') lastId: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Formatted> {
    const { signal = new AbortController().signal } = requestContext() ?? {};
    // Proxies that gather answers would hold the events back, and a connection that is kept the end of the process.
    void reply.headers({ 'X-Accel-Buffering': 'no', Connection: 'close' });
    return this.streams.open({
      namespaceId: namespace.namespaceId,
      tokenId: principal.tokenId,
      jobId,
      after: lastEventId(lastId) ?? query.after,
      signal,
      // A token that was revoked meanwhile must not go on reading.
      isAllowed: () =>
        this.gate.admit(RULE, request.headers).then(
          () => true,
          () => false,
        ),
      cut: () => reply.raw.destroy(),
    });
  }
}
