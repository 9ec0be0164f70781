import { type ErrorCode, ERRORS } from '#contracts';

export interface FieldError {
  path: string;
  message: string;
}

/** An error that a client is told of, by its code in the registry. What is internal goes into `cause` and stays in the log. */
export class AppError extends Error {
  readonly status: number;
  readonly errors: FieldError[];
  /** Members beside the standard ones of a problem, such as the rows that were rejected. */
  readonly extension: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(
    readonly code: ErrorCode,
    detail: string,
    options: {
      errors?: FieldError[];
      extension?: Record<string, unknown>;
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.status = ERRORS[code].status;
    this.errors = options.errors ?? [];
    this.extension = options.extension ?? {};
    this.headers = options.headers ?? {};
  }
}
