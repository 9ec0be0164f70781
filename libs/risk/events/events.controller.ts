import { Readable } from 'node:stream';
import { Body, Controller, Get, Headers, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Access, type AccessContext, RequireScope } from '#access';
import {
  type Event,
  eventPage,
  eventsInput,
  type EventsQuery,
  eventsQuery,
  eventTypeList,
  type EventTypeSummary,
  ingestAnswer,
  type IngestAnswer,
  MAX_EVENTS_PER_REQUEST,
  type Paged,
} from '#contracts';
import {
  Answers,
  AppError,
  ChosenFormat,
  type ConfigOf,
  Documented,
  type Format,
  type Formatted,
  httpConfig,
  Idempotent,
  streamRows,
  toAppError,
} from '#platform';
import { decompressed, readerOf } from './bulk-body.js';
import { eventTable } from './event.table.js';
import { EventsService } from './events.service.js';
import { IngestService } from './ingest.service.js';
import { ParquetUploads } from './parquet-uploads.js';

/** The rows are judged one by one, so that a bad one does not cost the others. */
const eventsBody = z.strictObject({ events: z.array(z.unknown()).min(1, 'must hold at least one event') });

const BUFFERED = {
  description: 'Taken; some rows are in the spool (`buffered`) and go to the event store when it takes them.',
  schema: ingestAnswer,
};

@Controller()
export class EventsController {
  constructor(
    private readonly ingest: IngestService,
    private readonly events: EventsService,
    private readonly files: ParquetUploads,
    @Inject(httpConfig.token) private readonly http: ConfigOf<typeof httpConfig>,
  ) {}

  @Post('events')
  @Idempotent('effect')
  @HttpCode(201)
  @RequireScope('events:write')
  @Answers(ingestAnswer, {
    summary: 'Send events',
    description:
      'Rows are judged one by one: a bad one does not cost the others. The answer comes when the rows are durable; an ' +
      '`event_id` that was there already changes nothing.',
    errors: ['EVENTS_TOO_MANY', 'EVENTS_ALL_REJECTED', 'STORAGE_FULL', 'INGEST_SPOOL_FULL'],
  })
  @Documented({
    body: { 'application/json': { description: 'The rows, with their fields as JSON.', schema: eventsInput } },
    answers: { 202: BUFFERED },
  })
  async create(
    @Access() access: AccessContext,
    @Body({ schema: eventsBody }) body: z.output<typeof eventsBody>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IngestAnswer> {
    if (body.events.length > MAX_EVENTS_PER_REQUEST)
      throw new AppError(
        'EVENTS_TOO_MANY',
        `${body.events.length} events; at most ${MAX_EVENTS_PER_REQUEST} in one request, more go to /api/v1/events/bulk`,
        { errors: [{ path: 'events', message: `at most ${MAX_EVENTS_PER_REQUEST}` }] },
      );
    return someTaken(await this.ingest.ingest(access.namespace, body.events), 'events', reply);
  }

  @Post('events/bulk')
  @HttpCode(201)
  @RequireScope('events:write')
  @Answers(ingestAnswer, {
    summary: 'Send a stream of events',
    description:
      'As it is or compressed (`Content-Encoding: gzip` or `zstd`), of any length. Rejected rows have their `line`. What ' +
      'was taken before a stream broke is durable and counted in the problem; sending it all again doubles nothing.',
    errors: [
      'EVENTS_ALL_REJECTED',
      'BULK_HEADER_INVALID',
      'BULK_FILE_INVALID',
      'ENCODING_UNSUPPORTED',
      'ENCODING_BROKEN',
      'STORAGE_FULL',
      'INGEST_SPOOL_FULL',
    ],
    deadlineMs: null,
  })
  @Documented({
    body: {
      'application/x-ndjson': { description: 'An event as JSON on each line.' },
      'text/csv': {
        description: 'A header line that names the fields, then a row an event; `attrs.x` is a field of `attrs`.',
      },
      'application/vnd.apache.parquet': {
        description: 'A file with a column for each field; `attrs` is JSON or a struct, `attrs.x` a field of it.',
      },
    },
    answers: { 202: BUFFERED },
  })
  async bulk(
    @Access() access: AccessContext,
    @Req() request: FastifyRequest,
    @Headers('content-type') contentType: string | undefined,
    @Headers('content-encoding') encoding: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IngestAnswer> {
    const reader = readerOf(contentType);
    if (!(request.body instanceof Readable)) throw new AppError('REQUEST_MALFORMED', 'The body is empty');
    const source = decompressed(request.body, encoding, this.http.BULK_LIMIT_MB * 1024 * 1024);
    // A few kilobytes may unfold to hours of work, which nobody waits for once the client has gone.
    const left = new AbortController();
    const gone = () => {
      const reason = new AppError('REQUEST_MALFORMED', 'The client has gone');
      source.destroy(reason);
      left.abort(reason);
    };
    request.raw.socket.once('close', gone);
    let soFar: IngestAnswer | undefined;
    const progress = (answer: IngestAnswer) => {
      soFar = answer;
    };
    const { namespace } = access;
    try {
      const answer =
        reader === 'parquet'
          ? await this.files.read(source, left.signal, (records) =>
              this.ingest.ingestRecords(namespace, records, progress),
            )
          : await this.ingest.ingestStream(namespace, source, reader, progress);
      return someTaken(answer, 'line', reply);
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
  @Answers(eventPage, {
    summary: 'Events, the newest first',
    description:
      'JSON is a page; the other formats are streams of everything that fits, from `cursor` on where it is given.',
    formats: ['ndjson', 'csv', 'geojson', 'parquet', 'arrow'],
    errors: ['CELL_INVALID', 'CELL_RESOLUTION_WRONG', 'NOT_ACCEPTABLE'],
  })
  list(
    @Access() access: AccessContext,
    @Query({ schema: eventsQuery }) query: EventsQuery,
    @ChosenFormat() format: Format,
  ): Promise<Paged<Event> | Formatted> {
    return format === 'json'
      ? this.events.list(access, query)
      : streamRows(format, eventTable, this.events.pages(access, query));
  }

  @Get('event-types')
  @RequireScope('risk:read')
  @Answers(eventTypeList, { summary: 'The event types of the namespace, and what is there of each' })
  async types(@Access() access: AccessContext): Promise<{ data: EventTypeSummary[] }> {
    return { data: await this.events.types(access.namespace.namespaceId) };
  }
}

/** A request of which nothing could be taken is the client's mistake, and the problem says of each row why. */
function someTaken(answer: IngestAnswer, rows: 'events' | 'line', reply: FastifyReply): IngestAnswer {
  if (answer.buffered) void reply.status(202);
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
