import { Injectable, Logger } from '@nestjs/common';

export type JobLogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface JobLogLine {
  jobId: string;
  namespaceId: string;
  /** The attempt that says it. */
  fence: number;
  at: Date;
  level: JobLogLevel;
  message: string;
}

/** Where the lines go that handlers log: to the log of the process. A class that also keeps them takes its place. */
@Injectable()
export class JobLog {
  private readonly logger = new Logger('Job');

  /** Returns at once and never throws. */
  write({ level, message, at, ...of }: JobLogLine): void {
    const line = { job_id: of.jobId, namespace: of.namespaceId, attempt: of.fence, at: at.toISOString() };
    if (level === 'error') this.logger.error(line, message);
    else if (level === 'warn') this.logger.warn(line, message);
    else if (level === 'debug') this.logger.debug(line, message);
    else this.logger.log(line, message);
  }

  /** Called when an attempt has ended: what was held back of its lines is to be kept now. */
  flush(_jobId: string): Promise<void> {
    return Promise.resolve();
  }
}
