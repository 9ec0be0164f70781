import { inspect } from 'node:util';
import { z } from 'zod';
import { ERRORS } from '#contracts';
import { AppError } from '#platform';
import type { JobKind } from '../catalog/catalog.js';

/** Why an attempt did not complete. */
export interface Failure {
  code: string;
  /** For whoever asked for the job. */
  message: string;
  /** For the administrator: what was thrown, whatever it was. */
  cause: string;
  stack: string | null;
  /** Trying again cannot help. */
  permanent: boolean;
}

const TEXT = 4_000;

export function failureOf(thrown: unknown): Failure {
  const error = known(thrown);
  const cause = describe(thrown);
  const stack = thrown instanceof Error ? kept(thrown.stack ?? thrown.message) : null;
  if (!error)
    return {
      code: 'INTERNAL',
      message: 'The cause stands in the log under the job id',
      cause,
      stack,
      permanent: false,
    };
  const { status, retry } = ERRORS[error.code];
  return { code: error.code, message: kept(error.message), cause, stack, permanent: status < 500 || !retry };
}

/** What follows a failure: another attempt after a pause, or none. */
export function afterFailure(
  kind: Pick<JobKind, 'attempts' | 'backoff'>,
  failures: number,
  failure: Failure,
  random: () => number = Math.random,
): { again: false } | { again: true; delayMs: number } {
  if (failure.permanent || failures >= kind.attempts) return { again: false };
  const { firstMs, maxMs } = kind.backoff;
  return { again: true, delayMs: Math.floor(random() * Math.min(maxMs, firstMs * 2 ** (failures - 1))) };
}

function known(thrown: unknown): AppError | undefined {
  if (thrown instanceof AppError) return thrown;
  // A thread that used up its memory ends alone; the same work would use it up again.
  if (codeOf(thrown) === 'ERR_WORKER_OUT_OF_MEMORY')
    return new AppError('JOB_OUT_OF_MEMORY', 'The computation used up the memory that a thread may have');
  return undefined;
}

function describe(thrown: unknown): string {
  if (thrown instanceof z.ZodError) return kept(z.prettifyError(thrown));
  if (thrown instanceof Error) return kept(`${thrown.name}: ${thrown.message}`);
  return kept(typeof thrown === 'string' ? thrown : inspect(thrown));
}

const codeOf = (thrown: unknown) =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;

/** NUL is no text to PostgreSQL, and half a character none to JSON. */
const kept = (text: string) => text.slice(0, TEXT).replaceAll('\0', '').toWellFormed();
