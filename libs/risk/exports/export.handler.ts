import { Injectable } from '@nestjs/common';
import { type AccessContext, NamespacesService } from '#access';
import { type Event, eventsQuery, riskMapQuery, risksQuery } from '#contracts';
import { HandlesJob, type JobContext, type JobHandler, type JobParams, type JobResult, ResultFiles } from '#jobs';
import { everyPage, type Formatted, streamRows } from '#platform';
import { eventTable } from '../events/event.table.js';
import { EventsService } from '../events/events.service.js';
import { riskTable } from '../risks/risk.table.js';
import { RisksService } from '../risks/risks.service.js';
import { LiveSurfaces } from '../surfaces/live-surfaces.js';
import { RiskMapService } from '../surfaces/risk-map.service.js';

type Params = JobParams<'export'>;
/** Of a namespace, whoever asks. */
type Of = Pick<AccessContext, 'namespace'>;
/** How many rows have gone into the file so far. */
interface Count {
  rows: number;
}

/**
 * Writes events, risks or a risk map to a file as the lists answer them. An attempt begins anew: what the one before had
 * written is no file. A page of rows is in memory at once.
 */
@Injectable()
@HandlesJob('export')
export class ExportHandler implements JobHandler<'export'> {
  constructor(
    private readonly namespaces: NamespacesService,
    private readonly events: EventsService,
    private readonly risks: RisksService,
    private readonly maps: RiskMapService,
    private readonly surfaces: LiveSurfaces,
    private readonly files: ResultFiles,
  ) {}

  async run(params: Params, context: JobContext): Promise<JobResult<'export'>> {
    const of = { namespace: await this.namespaces.require(context.namespaceId) };
    const count: Count = { rows: 0 };
    context.progress(0, 'reading');
    const { mediaType, body } = await this.formatted(of, params, context, count);
    const chunks = typeof body === 'string' || Buffer.isBuffer(body) ? one(body) : body;
    const name = `${params.of}.${params.format}`;
    const file = await this.files.write(context, { name, mediaType }, chunks);
    return { file, rows: count.rows, bytes: file.bytes, sha256: file.sha256 };
  }

  private formatted(of: Of, params: Params, context: JobContext, count: Count): Promise<Formatted> {
    const { event_type, from, to, bbox, format } = params;
    switch (params.of) {
      case 'events': {
        const pages = this.events.pages(of, eventsQuery.parse({ event_type, from, to, bbox }), context.signal);
        return streamRows(format, eventTable, this.counted(pages, context, count, passed(from)));
      }
      case 'risks': {
        const query = risksQuery.parse({ event_type, from, to, bbox });
        const pages = everyPage(query, (some) => this.risks.list(of, some));
        return streamRows(
          format,
          riskTable,
          this.counted(pages, context, count, () => 0),
        );
      }
      case 'risk-map':
        return this.map(of, params, count);
    }
  }

  private async map(of: Of, { event_type, bbox, horizon, format }: Params, count: Count): Promise<Formatted> {
    const query = riskMapQuery.parse({ event_type, bbox, horizon });
    // The newest one, which another process may have made just now.
    await this.surfaces.follow();
    count.rows = this.maps.map(of, query).cell_count;
    return this.maps.formatted(of, query, format);
  }

  /** @param percent how far a page is */
  private async *counted<Row>(
    pages: AsyncIterable<Row[]>,
    context: JobContext,
    count: Count,
    percent: (page: readonly Row[]) => number,
  ): AsyncGenerator<Row[]> {
    for await (const page of pages) {
      context.signal.throwIfAborted();
      yield page;
      count.rows += page.length;
      context.progress(percent(page), `${count.rows} rows`);
    }
  }
}

/** How much of the span of time lies behind a page of events, which come newest first; 0 where its beginning is not known. */
function passed(from: string | undefined): (page: readonly Event[]) => number {
  let newest: number | undefined;
  return (page) => {
    const [first, last] = [page[0], page.at(-1)];
    if (!first || !last || from === undefined) return 0;
    newest ??= Date.parse(first.timestamp);
    const whole = newest - Date.parse(from);
    return whole <= 0 ? 0 : Math.round((1000 * (newest - Date.parse(last.timestamp))) / whole) / 10;
  };
}

async function* one(body: string | Buffer): AsyncGenerator<string | Buffer> {
  yield await Promise.resolve(body);
}
