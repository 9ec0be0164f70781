import { SetMetadata } from '@nestjs/common';
import type { JobType } from '#contracts';
import type { JobParams, JobResult } from '../catalog/catalog.js';
import type { JobLogLevel } from './job-log.js';

export const JOB_HANDLER = Symbol('job-handler');

/** What a handler gets beside its parameters. */
export interface JobContext {
  jobId: string;
  namespaceId: string;
  requestId: string | null;
  tokenId: string | null;
  /**
   * The number of this attempt at the job, from 1. A later attempt has a higher one: what a handler writes under its
   * fence can refuse a worker that was thought dead and comes late.
   */
  fence: number;
  /** Fires at the job's timeout, when it is cancelled, when another worker has taken it, and when the worker must go. */
  signal: AbortSignal;
  /** Tells who waits how far it is. Cheap: it writes at most twice a second. */
  progress(percent: number, message: string): void;
  /** A line in the log of this job. Cheap, and never fails the job. */
  log(message: string, level?: JobLogLevel): void;
}

/** The work of one type of job. It may be run again after a kill, so what it writes must bear repeating. */
export interface JobHandler<T extends JobType> {
  run(params: JobParams<T>, context: JobContext): Promise<JobResult<T>>;
}

/** Marks the class that does a type's work. */
export const HandlesJob = (type: JobType) => SetMetadata(JOB_HANDLER, type);
