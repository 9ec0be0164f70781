import { Readable } from 'node:stream';
import { Body, Controller, Get, Headers, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Access, type AccessContext, RequireScope } from '#access';
import {
  type EventsQuery,
  eventsQuery,
  type EventTypeSummary,
  type IngestAnswer,
  MAX_EVENTS_PER_REQUEST,
} from '#contracts';
import { AppError, type ConfigOf, httpConfig, toAppError } from '#platform';
import { decompressed, readerOf } from './bulk-body.js';
import { exportStream } from './event-export.js';
import { EventsService } from './events.service.js';
import { IngestService } from './ingest.service.js';

/** The rows are judged one by one, so that a bad one does not cost the others. */
const eventsBody = z.strictObject({ events: z.array(z.unknown()).min(1, 'must hold at least one event') });

@Controller()
export class EventsController {
  constructor(
    private readonly ingest: IngestService,
    private readonly events: EventsService,
    @Inject(httpConfig.token) private readonly http: ConfigOf<typeof httpConfig>,
  ) {}

  @Post('events')
  @HttpCode(201)
  @RequireScope('events:write')
  async create(
    @Access() access: AccessContext,
    @Body({ schema: eventsBody }) body: z.output<typeof eventsBody>,
  ): Promise<IngestAnswer> {
    if (body.events.length > MAX_EVENTS_PER_REQUEST)
      throw new AppError(
        'EVENTS_TOO_MANY',
        `${body.events.length} events; at most ${MAX_EVENTS_PER_REQUEST} in one request, more go to /api/v1/events/bulk`,
        { errors: [{ path: 'events', message: `at most ${MAX_EVENTS_PER_REQUEST}` }] },
      );
    return someTaken(await this.ingest.ingest(access.namespace, body.events), 'events');
  }

  @Post('events/bulk')
  @HttpCode(201)
  @RequireScope('events:write')
  async bulk(
    @Access() access: AccessContext,
    @Req() request: FastifyRequest,
    @Headers('content-type') contentType: string | undefined,
    @Headers('content-encoding') encoding: string | undefined,
  ): Promise<IngestAnswer> {
    const reader = readerOf(contentType);
    if (!(request.body instanceof Readable)) throw new AppError('REQUEST_MALFORMED', 'The body is empty');
    const source = decompressed(request.body, encoding, this.http.BULK_LIMIT_MB * 1024 * 1024);
    // A few kilobytes may unfold to hours of work, which nobody waits for once the client has gone.
    const gone = () => source.destroy(new AppError('REQUEST_MALFORMED', 'The client has gone'));
    request.raw.socket.once('close', gone);
    let soFar: IngestAnswer | undefined;
    try {
      const answer = await this.ingest.ingestStream(access.namespace, source, reader, (answer) => (soFar = answer));
      return someTaken(answer, 'line');
    } catch (thrown) {
      const error = toAppError(thrown);
      // What was taken before the break is durable and counted; sending the whole again doubles nothing.
      throw new AppError(error.code, error.message, {
        errors: error.errors,
        headers: error.headers,
        extension: { ...error.extension, ...soFar },
        cause: error.cause ?? error,
      });
    } finally {
      request.raw.socket.off('close', gone);
    }
  }

  @Get('events')
  @RequireScope('risk:read')
  async list(
    @Access() access: AccessContext,
    @Query({ schema: eventsQuery }) query: EventsQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (query.format !== 'json') {
      await exportStream(reply, query.format, this.events.pages(access, query));
      return;
    }
    const page = await this.events.list(access, query);
    void reply.header('Content-Type', 'application/json; charset=utf-8').send(JSON.stringify(page));
  }

  @Get('event-types')
  @RequireScope('risk:read')
  async types(@Access() access: AccessContext): Promise<{ data: EventTypeSummary[] }> {
    return { data: await this.events.types(access.namespace.namespaceId) };
  }
}

/** A request of which nothing could be taken is the client's mistake, and the problem says of each row why. */
function someTaken(answer: IngestAnswer, rows: 'events' | 'line'): IngestAnswer {
  if (answer.accepted + answer.duplicates > 0 || answer.rejected_total === 0) return answer;
  const [first] = answer.rejected;
  throw new AppError(
    'EVENTS_ALL_REJECTED',
    `None of ${answer.rejected_total} rows could be taken. The first: ${first?.detail ?? ''}`,
    {
      errors: answer.rejected.slice(0, 100).map((row) => ({
        path: [rows, row.index ?? row.line, row.field].filter((part) => part !== null && part !== undefined).join('.'),
        message: `${row.code}: ${row.detail}`,
      })),
      extension: { ...answer },
    },
  );
}
