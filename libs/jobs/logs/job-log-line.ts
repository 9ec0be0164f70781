export type JobLogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A line of a job's log, as whoever says it hands it over. */
export interface JobLogLine {
  jobId: string;
  namespaceId: string;
  /** The attempt that says it; 0: none. */
  fence: number;
  at: Date;
  level: JobLogLevel;
  message: string;
}
