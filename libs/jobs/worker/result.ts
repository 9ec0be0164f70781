import { AppError } from '#platform';
import { type JobKind, RESULT_BYTES } from '../catalog/catalog.js';

/**
 * What a handler returned, as its type's schema has it.
 * @throws AppError RESULT_TOO_LARGE; ZodError where it is none of the type's
 */
export function checkedResult(kind: JobKind, returned: unknown): Record<string, unknown> {
  const result = kind.result.parse(returned) as Record<string, unknown>;
  const bytes = Buffer.byteLength(JSON.stringify(result));
  if (bytes > RESULT_BYTES)
    throw new AppError('RESULT_TOO_LARGE', `The result has ${bytes} bytes; ${RESULT_BYTES} are kept`);
  return result;
}
