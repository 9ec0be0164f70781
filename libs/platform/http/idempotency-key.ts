import { AppError } from './app-error.js';

const MAX_LENGTH = 200;

/**
 * The key in an `Idempotency-Key` header; undefined where there is none.
 * @throws AppError REQUEST_INVALID for an empty or too long one
 */
export function idempotencyKeyOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = header.trim();
  if (key === '' || key.length > MAX_LENGTH)
    throw new AppError('REQUEST_INVALID', 'A header is not valid', {
      errors: [{ path: 'Idempotency-Key', message: `must have 1 to ${MAX_LENGTH} characters` }],
    });
  return key;
}
