import { randomUUID } from 'node:crypto';
import { type JobType, type Scope } from '#contracts';
import { AppError, type FieldError } from '#platform';
import { kindOf, PARAMS_BYTES } from '../catalog/catalog.js';

/** A job as it is written down for the first time. */
export interface NewJob {
  jobId: string;
  type: JobType;
  params: Record<string, unknown>;
  priority: number;
  delayMs: number;
  uniqueKey: string | null;
  /** Jobs that have to complete first. */
  dependsOn: string[];
}

export interface NewJobOptions {
  priority?: number | undefined;
  delayMs?: number;
  dependsOn?: string[];
}

/** @param params as the type's schema reads them, or with references to results that are yet to come */
export function newJob(
  namespaceId: string,
  type: JobType,
  params: Record<string, unknown>,
  options: NewJobOptions & { jobId?: string } = {},
): NewJob {
  const kind = kindOf(type);
  return {
    jobId: options.jobId ?? randomUUID(),
    type,
    params,
    priority: options.priority ?? kind.priority,
    delayMs: options.delayMs ?? 0,
    uniqueKey: kind.uniqueKey?.(namespaceId, params) ?? null,
    dependsOn: options.dependsOn ?? [],
  };
}

/**
 * The parameters as the type's own schema reads them.
 * @param path where they stand in the request
 * @throws AppError REQUEST_INVALID with every field that is wrong, BODY_TOO_LARGE
 */
export function readParams(type: JobType, params: Record<string, unknown>, path = 'params'): Record<string, unknown> {
  checkSize(params);
  const parsed = kindOf(type).params.safeParse(params);
  if (parsed.success) return parsed.data as Record<string, unknown>;
  throw new AppError('REQUEST_INVALID', `The parameters are not those of ${type}`, {
    errors: parsed.error.issues.map((issue): FieldError => ({
      path: [path, ...issue.path].join('.'),
      message: issue.message,
    })),
  });
}

/** @throws AppError BODY_TOO_LARGE */
export function checkSize(params: Record<string, unknown>): void {
  const bytes = Buffer.byteLength(JSON.stringify(params));
  if (bytes > PARAMS_BYTES)
    throw new AppError('BODY_TOO_LARGE', `The parameters of a job have at most ${PARAMS_BYTES} bytes; these ${bytes}`);
}

/** @throws AppError JOB_TYPE_INTERNAL, SCOPE_MISSING */
export function checkMayStart(type: JobType, scopes: readonly Scope[]): void {
  const { startedBy } = kindOf(type);
  if (startedBy === 'internal')
    throw new AppError('JOB_TYPE_INTERNAL', `Jobs of type ${type} are started by the platform alone`);
  if (!scopes.includes(startedBy) && !scopes.includes('admin'))
    throw new AppError('SCOPE_MISSING', `Jobs of type ${type} need a token with the scope ${startedBy}`);
}
