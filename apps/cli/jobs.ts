import { type Job, job } from '#contracts';
import type { CommandContext } from './command.js';
import { CliFailure, EXIT, interrupted } from './failure.js';
import { STEADY, pause } from './retry.js';
import { duration } from './terminal.js';

const FIRST_POLL_MS = 200;
const LONGEST_POLL_MS = 2_000;
/** Off a terminal: at most one line in this time unless the message changes. */
const LINE_EVERY_MS = 10_000;

/**
 * Follows a job to its end and returns it completed. Raises CliFailure where it failed or was cancelled. Ctrl-C ends the waiting,
 * not the job.
 */
export async function waitForJob({ client, terminal, surroundings }: CommandContext, jobId: string): Promise<Job> {
  const line = new ProgressLine(terminal);
  try {
    for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * 1.5, LONGEST_POLL_MS)) {
      const now = await client.json(job, 'GET', `/jobs/${encodeURIComponent(jobId)}`, { patience: STEADY });
      if (now.state === 'completed') return now;
      if (now.state === 'failed') throw failed(now);
      if (now.state === 'cancelled') throw new CliFailure(`Job ${jobId} was cancelled.`);
      line.show(now);
      await pause(wait, surroundings.signal);
    }
  } catch (error) {
    if (surroundings.signal.aborted)
      throw interrupted(`Stopped waiting; job ${jobId} goes on.`, `"strisk job ${jobId}" shows how it does.`);
    throw error;
  } finally {
    line.end();
  }
}

function failed({ job_id, type, error }: Job): CliFailure {
  const reason = error === null ? 'no reason was given' : `${error.message} (${error.code})`;
  const hints =
    error?.code === 'EVENT_TYPE_AMBIGUOUS'
      ? ['Name one with --event-type, or take --event-type all for one model over all types.']
      : [];
  return new CliFailure(`The job ${type} ${job_id} failed: ${reason}`, EXIT.failure, hints);
}

class ProgressLine {
  private readonly started = performance.now();
  private lastMessage = '';
  private lastAt = Number.NEGATIVE_INFINITY;
  private open = false;

  constructor(private readonly terminal: CommandContext['terminal']) {}

  show({ state, progress }: Job): void {
    const now = performance.now();
    const message = state === 'active' ? progress.message : state;
    const text = `${Math.round(progress.percent)} %  ${message}  ${duration((now - this.started) / 1000)}`;
    if (this.terminal.interactive) {
      this.terminal.stderr.write(`\r\u001b[2K${text}`);
      this.open = true;
      return;
    }
    if (message === this.lastMessage && now - this.lastAt < LINE_EVERY_MS) return;
    this.lastMessage = message;
    this.lastAt = now;
    this.terminal.note(text);
  }

  end(): void {
    if (this.open) this.terminal.stderr.write('\r\u001b[2K');
  }
}
