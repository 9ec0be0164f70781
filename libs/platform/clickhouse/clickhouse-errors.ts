import { AppError } from '../http/app-error.js';

const AWAY = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH']);
const TOO_LONG = new Set(['TIMEOUT_EXCEEDED', 'QUERY_WAS_CANCELLED']);
/** What passes by itself: nothing is wrong with the query, nor with the rows. */
const DROWNING = new Set([
  'TOO_MANY_SIMULTANEOUS_QUERIES',
  'TOO_MANY_PARTS',
  'MEMORY_LIMIT_EXCEEDED',
  'TABLE_IS_READ_ONLY',
  'NETWORK_ERROR',
  'ALL_CONNECTION_TRIES_FAILED',
]);
const FULL = /No space left on device|Cannot reserve/i;

/** ClickHouse's name of the error. The embedded engine has an error class of its own copy, so `instanceof` would miss it. */
function typeOf(error: Error): string | undefined {
  return error.constructor.name === 'ClickHouseError'
    ? 'type' in error && typeof error.type === 'string'
      ? error.type
      : ''
    : undefined;
}

/** What a failure of ClickHouse means to a caller. The cause goes into the log, never into an answer. */
export function classify(error: unknown, name: string): AppError {
  if (error instanceof AppError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const type = typeOf(cause);
  if (type === 'NOT_ENOUGH_SPACE' || FULL.test(cause.message))
    return new AppError(
      'STORAGE_FULL',
      'The event store has no space left; nothing of this request was lost or half kept',
      { cause },
    );
  if (type !== undefined) {
    if (TOO_LONG.has(type))
      return new AppError('DEADLINE_EXCEEDED', 'The event store did not answer in time', { cause });
    if (DROWNING.has(type)) return new AppError('UNAVAILABLE', 'The event store is overloaded', { cause });
    return new AppError('INTERNAL', `The query ${name} failed`, { cause });
  }
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (AWAY.has(code) || /timeout|socket hang up|breaker is open|closed/i.test(cause.message))
    return new AppError('UNAVAILABLE', 'The event store is not available', { cause });
  return new AppError('INTERNAL', `The query ${name} failed`, { cause });
}
