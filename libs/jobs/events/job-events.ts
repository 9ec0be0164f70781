import type { JobLogLine, JobState, JobStatus } from '#contracts';
import type { JobSnapshot, JobView } from './job-watch.js';
import { HEARTBEAT, retryIn, serverSent } from './server-sent.js';

const RETRY_MS = 2_000;
/** Lines that are read and sent at a time: as many as wait in memory for a slow reader. */
const LINES = 100;
const FINAL: ReadonlySet<JobState> = new Set(['completed', 'failed', 'cancelled']);

/** The first look at a job does not take longer unless the table is away. */
const FIRST_LOOK_MS = 5_000;

const LONG_OVER_MS = 30_000;

export interface JobEventsOptions {
  view: Pick<JobView, 'next' | 'close'>;
  readLines: (after: number, limit: number) => Promise<JobLogLine[]>;
  /** Lines beyond this number are sent; undefined: those that come from now on. */
  after: number | undefined;
  /** Ends it at once: the reader left, or the process ends. */
  signal: AbortSignal;
  heartbeatMs: number;
  /** How long the last lines of a job that has ended are waited for. */
  lastLinesMs: number;
  /** Whether the reader may still see it: asked as often as a heart beats, however much there is to tell. */
  isAllowed: () => Promise<boolean>;
}

/**
 * What happens to a job, as server-sent events: `state` and `progress` with how it stands, `log` with a line each, `end`
 * when nothing more will come. Of states and progress a slow reader gets the newest alone; lines it gets one and all, as
 * far as they are still kept. Every event carries the number of the last line before it: whoever comes back with it
 * misses no line.
 */
export async function* jobEvents(options: JobEventsOptions): AsyncGenerator<string> {
  const { view, readLines, signal, heartbeatMs, lastLinesMs, isAllowed } = options;
  let seq = options.after;
  let shown: JobStatus | undefined;
  let endsAt: number | undefined;
  let askedAt = Date.now();
  const mayStillRead = (): boolean | Promise<boolean> => {
    if (Date.now() - askedAt < heartbeatMs) return true;
    askedAt = Date.now();
    return isAllowed();
  };
  try {
    yield retryIn(RETRY_MS);
    while (!signal.aborted) {
      const patience = shown === undefined ? FIRST_LOOK_MS : endsAt === undefined ? heartbeatMs : endsAt - Date.now();
      const seen = await view.next(Math.max(0, patience), signal);
      if (signal.aborted || seen === null) return;
      if (seen === undefined) {
        if (endsAt !== undefined) break;
        askedAt = Date.now();
        if (!(await isAllowed())) return;
        yield HEARTBEAT;
        continue;
      }
      if (!(await mayStillRead())) return;
      // A number that the log has not reached is none of this job: from here on, then, rather than never.
      seq = Math.min(seq ?? seen.lastSeq, seen.lastSeq);
      const change = changeOf(shown, seen.status);
      shown = seen.status;
      // First what was said on the way there. A state that has been reached is told when its last lines are known.
      for await (const lines of linesUpTo(seen, seq, readLines)) {
        if (!(await mayStillRead())) return;
        seq = lines.at(-1)?.seq ?? seq;
        yield lines.map((line) => serverSent('log', line, line.seq)).join('');
        if (signal.aborted) return;
      }
      seq = seen.lastSeq;
      if (change) yield serverSent(...change, seq);
      endsAt = FINAL.has(seen.status.state)
        ? (endsAt ?? Date.now() + (isLongOver(seen.status) ? 0 : lastLinesMs))
        : undefined;
    }
    if (!signal.aborted) yield serverSent('end', {}, seq);
  } finally {
    view.close();
  }
}

/** No line will come of it any more. The clocks of store and process may differ by less. */
function isLongOver({ finished_at }: JobStatus): boolean {
  return finished_at !== null && Date.now() - Date.parse(finished_at) > LONG_OVER_MS;
}

async function* linesUpTo(
  { lastSeq }: JobSnapshot,
  from: number,
  readLines: JobEventsOptions['readLines'],
): AsyncGenerator<JobLogLine[]> {
  for (let after = from; after < lastSeq;) {
    const lines = await readLines(after, LINES);
    const last = lines.at(-1);
    // The rest was dropped from the log meanwhile.
    if (!last) return;
    yield lines;
    after = last.seq;
  }
}

/** What there is to tell of a job that stood so and stands so now. */
function changeOf(before: JobStatus | undefined, now: JobStatus): [string, unknown] | undefined {
  if (before === undefined) return ['state', now];
  const { progress: stood, ...rest } = before;
  const { progress: stands, ...others } = now;
  if (JSON.stringify(rest) !== JSON.stringify(others)) return ['state', now];
  if (stood.percent !== stands.percent || stood.message !== stands.message) return ['progress', stands];
  return undefined;
}
