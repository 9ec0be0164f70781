import { randomUUID } from 'node:crypto';
import type { JobsBulkInput } from '#contracts';
import { AppError, type FieldError } from '#platform';
import { checkSize, newJob, type NewJob, readParams } from '../jobs/new-job.js';
import { type Reference, ReferenceError, referencesIn, replaceReferences, writeReference } from './references.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The jobs of one request, with what they depend on by job id. A job may name those that stand before it in the request,
 * so that nothing can wait for itself.
 * @returns the jobs, and the ids of jobs outside of the request that they depend on
 * @throws AppError REQUEST_INVALID with every field that is wrong
 */
export function readFlow(namespaceId: string, input: JobsBulkInput): { jobs: NewJob[]; outside: string[] } {
  const ids = new Map<string, string>();
  const outside = new Set<string>();
  const errors: FieldError[] = [];
  const jobs: NewJob[] = [];
  for (const [i, entry] of input.jobs.entries()) {
    const at = `jobs.${i}`;
    const jobId = randomUUID();
    const dependsOn = [...new Set(entry.depends_on)].map((name) => {
      const known = ids.get(name);
      if (known !== undefined) return known;
      if (UUID.test(name)) outside.add(name.toLowerCase());
      else errors.push({ path: `${at}.depends_on`, message: `"${name}" is no job that stands before this one` });
      return name.toLowerCase();
    });
    const named = (reference: Reference) => {
      const job = ids.get(reference.job) ?? reference.job.toLowerCase();
      if (!dependsOn.includes(job)) throw new ReferenceError(`"${reference.job}" is no job that this one depends on`);
      return writeReference({ ...reference, job });
    };
    try {
      const later = referencesIn(entry.params).length > 0;
      // What stands in for a result can be judged when that is there.
      if (later) checkSize(entry.params);
      const params = later
        ? (replaceReferences(entry.params, named) as Record<string, unknown>)
        : readParams(entry.type, entry.params, `${at}.params`);
      const options = { jobId, dependsOn, priority: entry.priority, delayMs: entry.delay_ms };
      jobs.push(newJob(namespaceId, entry.type, params, options));
    } catch (error) {
      if (error instanceof ReferenceError) errors.push({ path: `${at}.params`, message: error.message });
      else if (error instanceof AppError && error.code === 'REQUEST_INVALID') errors.push(...error.errors);
      else throw error;
    }
    if (entry.id === undefined) continue;
    if (ids.has(entry.id)) errors.push({ path: `${at}.id`, message: 'is the name of another job of this request' });
    ids.set(entry.id, jobId);
  }
  if (errors.length > 0)
    throw new AppError(
      'REQUEST_INVALID',
      `${errors.length === 1 ? 'A field is' : `${errors.length} fields are`} not valid`,
      {
        errors: errors.slice(0, 100),
      },
    );
  // A part of a chain is no other job, however like that is: it begins later, and others wait for its own result.
  const parents = new Set(jobs.flatMap(({ dependsOn }) => dependsOn));
  const chained = (job: NewJob) => job.dependsOn.length > 0 || parents.has(job.jobId);
  return { jobs: jobs.map((job) => (chained(job) ? { ...job, uniqueKey: null } : job)), outside: [...outside] };
}
