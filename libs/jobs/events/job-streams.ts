import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { AppError, type ConfigOf, Formatted, Postgres } from '#platform';
import { jobsConfig } from '../jobs.config.js';
import { JobEntity } from '../jobs/job.entity.js';
import { LogStore } from '../logs/log-store.js';
import { KEEP_EVERY_MS } from '../worker/job-log.js';
import { jobEvents } from './job-events.js';
import { JobWatch } from './job-watch.js';
import { EVENT_STREAM } from './server-sent.js';
import { StreamSlots } from './stream-slots.js';

const HEARTBEAT_MS = 15_000;
/** The lines about its end are kept right after the job has ended; a worker that was killed in between keeps none. */
const LAST_LINES_MS = 3 * KEEP_EVERY_MS;
/** A reader that takes nothing for so long, though there is something, has left without a word. */
const STALLED_MS = 60_000;

export interface StreamRequest {
  namespaceId: string;
  tokenId: string;
  jobId: string;
  /** The last line that the reader has. */
  after: number | undefined;
  /** Fires when the reader has left. */
  signal: AbortSignal;
  /** Whether the reader may still see it. */
  isAllowed: () => Promise<boolean>;
  /** Ends the connection. */
  cut: () => void;
}

/** The streams of job events that this process serves. */
@Injectable()
export class JobStreams implements BeforeApplicationShutdown {
  private readonly slots: StreamSlots;
  private readonly closing = new AbortController();

  constructor(
    @Inject(jobsConfig.token) config: ConfigOf<typeof jobsConfig>,
    private readonly postgres: Postgres,
    private readonly logs: LogStore,
    private readonly watch: JobWatch,
  ) {
    this.slots = new StreamSlots({ all: config.JOB_STREAMS, ofToken: config.JOB_STREAMS_PER_TOKEN });
  }

  /** First of all: whoever reads can go on at another process while this one finishes its jobs. */
  beforeApplicationShutdown(): void {
    this.closing.abort();
  }

  /** @throws AppError NOT_FOUND, STREAMS_TOO_MANY, OVERLOADED, UNAVAILABLE */
  async open(request: StreamRequest): Promise<Formatted> {
    const { jobId, namespaceId, tokenId } = request;
    if (this.closing.signal.aborted) throw new AppError('UNAVAILABLE', 'The process stops; ask another one');
    // Of the primary: whoever has just asked for the job may watch it.
    if (!(await this.postgres.repository(JobEntity).existsBy({ jobId, namespaceId })))
      throw new AppError('NOT_FOUND', 'The namespace has no such job');
    const release = this.slots.take(tokenId);
    const events = jobEvents({
      view: this.watch.open(jobId),
      readLines: (after, limit) => this.logs.read(jobId, { after, limit }),
      after: request.after,
      signal: AbortSignal.any([request.signal, this.closing.signal]),
      heartbeatMs: HEARTBEAT_MS,
      lastLinesMs: LAST_LINES_MS,
      isAllowed: request.isAllowed,
    });
    return Formatted.streaming(EVENT_STREAM, held(events, release, request.cut));
  }
}

/** Gives the slot back when the stream is over, and ends one that nobody reads. */
async function* held(events: AsyncGenerator<string>, release: () => void, cut: () => void): AsyncGenerator<string> {
  let stalled: NodeJS.Timeout | undefined;
  try {
    for await (const event of events) {
      stalled = setTimeout(cut, STALLED_MS);
      stalled.unref();
      yield event;
      clearTimeout(stalled);
    }
  } finally {
    clearTimeout(stalled);
    release();
  }
}
