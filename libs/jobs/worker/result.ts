import { AppError } from '#platform';
import { type JobKind, RESULT_BYTES } from '../catalog/catalog.js';

/**
 * What a handler returned, as its type's schema has it, in JSON.
 * @throws AppError RESULT_INVALID, RESULT_TOO_LARGE
 */
export function writtenResult(kind: Pick<JobKind, 'result'>, returned: unknown): string {
  const parsed = kind.result.safeParse(returned);
  if (!parsed.success)
    throw new AppError('RESULT_INVALID', 'The handler returned what its type does not have as a result', {
      cause: parsed.error,
    });
  const json = JSON.stringify(parsed.data);
  const bytes = Buffer.byteLength(json);
  if (bytes > RESULT_BYTES)
    throw new AppError('RESULT_TOO_LARGE', `The result has ${bytes} bytes; ${RESULT_BYTES} are kept`);
  return json;
}
