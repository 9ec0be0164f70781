import { SetMetadata } from '@nestjs/common';
import type { JobType } from '#contracts';
import type { JobParams } from '../catalog/catalog.js';

export const JOB_HANDLER = Symbol('job-handler');

/** What a handler gets beside its parameters. */
export interface JobContext {
  jobId: string;
  namespaceId: string;
  requestId: string | null;
  tokenId: string | null;
  /** Fires at the job's timeout and when the worker must go. */
  signal: AbortSignal;
  /** Tells who waits how far it is. Cheap: it writes at most twice a second. */
  progress(percent: number, message: string): void;
}

/** The work of one type of job. It may be run again after a kill, so what it writes must bear repeating. */
export interface JobHandler<T extends JobType> {
  run(params: JobParams<T>, context: JobContext): Promise<Record<string, unknown>>;
}

/** Marks the class that does a type's work. */
export const HandlesJob = (type: JobType) => SetMetadata(JOB_HANDLER, type);
