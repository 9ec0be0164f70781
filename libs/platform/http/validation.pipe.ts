import { Injectable, StandardSchemaValidationPipe } from '@nestjs/common';
import { AppError } from './app-error.js';

/** Checks bodies, queries and parameters against the Zod schema beside them; every failing field is named. */
@Injectable()
export class ValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({
      exceptionFactory: (issues) =>
        new AppError(
          'REQUEST_INVALID',
          issues.length === 1 ? 'A field is not valid' : `${issues.length} fields are not valid`,
          {
            errors: issues.slice(0, 100).map((issue) => ({
              path: (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
              message: issue.message,
            })),
          },
        ),
    });
  }
}
