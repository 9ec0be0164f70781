import { inspect } from 'node:util';
import type { JobLogLevel, JobLogLine } from './job-log-line.js';

/** Characters of a line; what is longer is cut, and says so. */
const LINE_CHARACTERS = 4_000;

interface Bounds {
  /** Lines that wait, of all jobs together. */
  lines: number;
  /** Of them, those of one job. */
  linesOfJob: number;
}

interface OfJob {
  lines: JobLogLine[];
  /** Lines that came while there was no room, the last of which tells when. */
  lost: number;
  last: JobLogLine | undefined;
}

/**
 * Lines that are said and not kept yet. It is bounded, whatever jobs say and however long the store is away: of one job
 * the first lines stay, and one line tells how many after them did not.
 */
export class PendingLines {
  private readonly byJob = new Map<string, OfJob>();
  private total = 0;

  constructor(private readonly bounds: Bounds = { lines: 20_000, linesOfJob: 1_000 }) {}

  /** Lines that are held; the store has something to do where there are any. */
  get size(): number {
    return this.total;
  }

  add(line: JobLogLine): void {
    let job = this.byJob.get(line.jobId);
    if (!job) {
      // Of jobs beyond the bound not even a count is held: their number is no more bounded than that of the lines.
      if (this.total >= this.bounds.lines) return;
      this.byJob.set(line.jobId, (job = { lines: [], lost: 0, last: undefined }));
    }
    if (job.lines.length >= this.bounds.linesOfJob || this.total >= this.bounds.lines) {
      job.lost++;
      job.last = line;
      return;
    }
    job.lines.push({ ...line, message: keepable(line.message) });
    this.total++;
  }

  /** Takes up to `most` lines out, those of a job in their order and all of it that is held. */
  take(most: number): JobLogLine[] {
    const taken: JobLogLine[] = [];
    for (const [jobId, job] of this.byJob) {
      if (taken.length > 0 && taken.length + job.lines.length > most) break;
      this.byJob.delete(jobId);
      this.total -= job.lines.length;
      for (const line of job.lines) taken.push(line);
      if (job.last) taken.push(lostLine(job.last, job.lost));
    }
    return taken;
  }

  /** Puts back what could not be kept, before what was said since. */
  putBack(lines: readonly JobLogLine[]): void {
    const since = [...this.byJob.values()];
    this.byJob.clear();
    this.total = 0;
    for (const line of lines) this.add(line);
    for (const { lines: later, lost, last } of since) {
      for (const line of later) this.add(line);
      const job = last && this.byJob.get(last.jobId);
      if (job) Object.assign(job, { lost: job.lost + lost, last });
    }
  }
}

function lostLine(last: JobLogLine, lost: number): JobLogLine {
  const level: JobLogLevel = 'warn';
  return { ...last, level, message: lost === 1 ? '1 line was not kept' : `${lost} lines were not kept` };
}

/** As PostgreSQL can keep it, which knows no NUL and no halves of characters, and no longer than a line may be. */
export function keepable(message: unknown): string {
  // A handler that says nothing readable must not fail by it.
  const text = (typeof message === 'string' ? message : inspect(message)).replaceAll('\u0000', '').toWellFormed();
  if (text.length <= LINE_CHARACTERS) return text;
  return `${text.slice(0, LINE_CHARACTERS).toWellFormed()}… (${text.length - LINE_CHARACTERS} characters more)`;
}
