import { ApiProblem, retryAfterMs } from '#client';
import { type ErrorCode, problem } from '#contracts';

/** Codes of failures that the server did not send: no answer, no answer in time, or one that makes no sense. */
export type LocalErrorCode = 'NETWORK' | 'TIMEOUT' | 'ANSWER_UNEXPECTED' | 'HTTP_ERROR';

/** A failed call. `status` is 0 where no answer came. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly code: ErrorCode | LocalErrorCode | (string & {}),
    message: string,
    readonly details: {
      readonly title?: string;
      readonly requestId?: string;
      /** How long the server asks to wait, in milliseconds. */
      readonly retryAfterMs?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
  }

  /** The token no longer gets in, so that only signing in again helps. */
  get signsOut(): boolean {
    return this.status === 401;
  }

  /** Whether the failure is of the connection or the server and may pass by itself. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/**
 * The error of an answer that is not 2xx. A problem document gives code and detail; what a proxy says in its own words
 * (HTML, plain text) becomes `HTTP_ERROR` with the status alone.
 */
export function errorOfAnswer(status: number, headers: Headers, body: string, now = Date.now()): ApiError {
  const wait = retryAfterMs(headers.get('retry-after'), now);
  const retry = wait === null ? {} : { retryAfterMs: wait };
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const parsed = problem.partial({ type: true, instance: true, errors: true }).safeParse(json);
  if (!parsed.success) return new ApiError(status, 'HTTP_ERROR', `The server answered with status ${status}.`, retry);
  const { code, detail, title, request_id, errors } = parsed.data;
  const fields = (errors ?? []).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return new ApiError(status, code, [detail || title, ...fields].join(' — '), {
    title,
    requestId: request_id,
    ...retry,
  });
}

/** The error of a call that failed, whatever the reason. Returns null where the caller itself called it off. */
export function errorOfFailure(failure: unknown, calledOff: boolean): ApiError | null {
  if (calledOff) return null;
  if (failure instanceof ApiError) return failure;
  if (failure instanceof ApiProblem) return errorOfAnswer(failure.status, failure.response.headers, failure.text);
  if (failure instanceof SyntaxError) {
    return new ApiError(200, 'ANSWER_UNEXPECTED', "The server's answer is no JSON.", { cause: failure });
  }
  if (failure instanceof DOMException && failure.name === 'TimeoutError') {
    return new ApiError(0, 'TIMEOUT', 'The server did not answer in time.', { cause: failure });
  }
  return new ApiError(0, 'NETWORK', 'The server cannot be reached.', { cause: failure });
}
