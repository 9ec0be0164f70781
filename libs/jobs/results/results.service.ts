import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { type AccessContext, Audit, auditedBy } from '#access';
import { resultFile, type ResultFile, type ResultLink, type ResultLinkInput, type ResultLinkQuery } from '#contracts';
import { API_PREFIX, AppError, type ByteRange, type ConfigOf, Postgres } from '#platform';
import { jobsConfig } from '../jobs.config.js';
import { JobEntity } from '../jobs/job.entity.js';
import { ResultFiles } from './result-files.js';
import { ResultLinks } from './result-links.js';

const DAY_MS = 24 * 3_600_000;

/** A file that may be downloaded now. */
export interface Download {
  file: ResultFile;
  open: (range?: ByteRange) => Promise<Readable>;
}

/** What came of a job: JSON that stands in its row, or a file that the JSON names. */
@Injectable()
export class ResultsService {
  constructor(
    private readonly postgres: Postgres,
    private readonly files: ResultFiles,
    private readonly links: ResultLinks,
    private readonly audit: Audit,
    @Inject(jobsConfig.token) private readonly config: ConfigOf<typeof jobsConfig>,
  ) {}

  /** @throws AppError NOT_FOUND, RESULT_NOT_READY, JOB_STATE_CONFLICT, RESULT_EXPIRED */
  async of(namespaceId: string, jobId: string): Promise<Record<string, unknown> | Download> {
    const job = await this.completed(namespaceId, jobId);
    const file = fileIn(job);
    return file ? this.download(job, file) : (job.result ?? {});
  }

  /** @throws AppError as above, and JOB_STATE_CONFLICT where the result is no file */
  async link(access: AccessContext, jobId: string, input: ResultLinkInput, now = Date.now()): Promise<ResultLink> {
    const job = await this.completed(access.namespace.namespaceId, jobId);
    const file = fileIn(job);
    if (!file) throw new AppError('JOB_STATE_CONFLICT', 'The result of this job is no file; it stands in its answer');
    this.requireKept(job, now);
    const expiresAt = Math.min(now + input.expires_in_seconds * 1000, this.keptUntil(job));
    // Whoever has the link needs no token, so it is written down who let them in.
    await this.audit.record(auditedBy(access), { action: 'job.link-result', subject: jobId, after: { expiresAt } });
    return {
      url: `/${API_PREFIX}/jobs/${jobId}/result/file?${this.links.sign({ jobId, sha256: file.sha256, expiresAt })}`,
      expires_at: new Date(Math.floor(expiresAt / 1000) * 1000).toISOString(),
      file,
    };
  }

  /** @throws AppError LINK_INVALID, LINK_EXPIRED, RESULT_EXPIRED */
  async linked(jobId: string, query: ResultLinkQuery): Promise<Download> {
    this.links.verify(jobId, query);
    const job = await this.postgres.repository(JobEntity).findOneBy({ jobId });
    const file = job && fileIn(job);
    // The link was for this file: what the job has made since, when it was done anew, is another.
    if (!job || !file || file.sha256 !== query.sha256)
      throw new AppError('RESULT_EXPIRED', 'The file that the link was made for is gone');
    return this.download(job, file);
  }

  private async completed(namespaceId: string, jobId: string): Promise<JobEntity> {
    const job = await this.postgres.repository(JobEntity).findOneBy({ jobId, namespaceId });
    if (!job) throw new AppError('NOT_FOUND', 'The namespace has no such job');
    if (job.state === 'completed') return job;
    if (job.state === 'failed' || job.state === 'cancelled')
      throw new AppError('JOB_STATE_CONFLICT', `The job ${job.state === 'failed' ? 'failed' : 'was cancelled'}`, {
        extension: { job_error: job.errorCode === null ? null : { code: job.errorCode, message: job.errorMessage } },
      });
    throw new AppError('RESULT_NOT_READY', `The job is ${job.state}`, { headers: { 'Retry-After': '2' } });
  }

  private download(job: JobEntity, file: ResultFile): Download {
    this.requireKept(job, Date.now());
    return {
      file,
      open: async (range) => {
        const stream = await this.files.open(job.jobId, file, range);
        if (!stream) throw new AppError('RESULT_EXPIRED', 'The file is no longer kept');
        return stream;
      },
    };
  }

  private requireKept(job: JobEntity, now: number): void {
    const until = this.keptUntil(job);
    if (until <= now) throw new AppError('RESULT_EXPIRED', `The file was kept until ${new Date(until).toISOString()}`);
  }

  private keptUntil(job: JobEntity): number {
    return (job.finishedAt ?? job.createdAt).getTime() + this.config.JOB_RESULT_DAYS * DAY_MS;
  }
}

/** Parsed again by who reads it: a row may be of another release. */
function fileIn(job: JobEntity): ResultFile | undefined {
  return resultFile.safeParse(job.result?.['file']).data;
}
