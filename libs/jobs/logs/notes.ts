import type { Failure } from '../worker/failure.js';
import type { TakenJob } from '../worker/takes.js';
import type { JobLogLevel, JobLogLine } from './job-log-line.js';

type Attempt = Pick<TakenJob, 'jobId' | 'namespaceId' | 'fence'>;

/** Lines about what becomes of an attempt, beside what its handler says. */
export const notes = {
  taken: (job: Attempt) => line(job, 'info', `Attempt ${job.fence} begins`),

  step: (job: Attempt, percent: number, message: string) => line(job, 'info', `${Math.round(percent)} % ${message}`),

  completed: (job: Attempt) => line(job, 'info', 'Completed'),

  /** @param againInMs undefined: it was the last attempt */
  failed: (job: Attempt, { code, message }: Pick<Failure, 'code' | 'message'>, againInMs?: number) =>
    againInMs === undefined
      ? line(job, 'error', `Failed: ${message} (${code})`)
      : line(job, 'warn', `Failed: ${message} (${code}); tried again in ${(againInMs / 1000).toFixed(1)} s`),

  handedBack: (job: Attempt) => line(job, 'info', 'Handed back: the worker stops'),

  superseded: (job: Attempt) => line(job, 'info', 'Cancelled: a later job does the same'),
};

/** Somebody's wish about a job, which is said by no attempt. */
export const asked = (job: Pick<TakenJob, 'jobId' | 'namespaceId'>, message: string) =>
  line({ ...job, fence: 0 }, 'info', message);

function line({ jobId, namespaceId, fence }: Attempt, level: JobLogLevel, message: string): JobLogLine {
  return { jobId, namespaceId, fence, at: new Date(), level, message };
}

/**
 * Whether a message of progress says that another step has begun, or only how far the same one is: “12 of 90 days” after
 * “11 of 90 days” is no news.
 */
export function isNewStep(before: string, now: string): boolean {
  return now !== '' && stepOf(before) !== stepOf(now);
}

const stepOf = (message: string) => message.replaceAll(/\d[\d.,:]*/g, '#');
