import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Observable, throwError } from 'rxjs';
import { ANSWERS, type AnswersRule } from './answers.js';
import { requestContext } from './request-context.js';

/** Answers when the deadline has passed, whatever the handler still waits for; what it called was told to stop. */
@Injectable()
export class DeadlineInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const context = requestContext();
    if (!context) return next.handle();
    const rule = this.reflector.get<AnswersRule | undefined>(ANSWERS, execution.getHandler());
    if (rule?.deadlineMs !== undefined) context.allow(rule.deadlineMs);
    if (context.deadline === Infinity) return next.handle();
    const { signal } = context;
    // Nobody waits any more: the caller left while the body was read or the token was looked up.
    if (signal.aborted) return throwError(() => signal.reason as unknown);
    return new Observable((subscriber) => {
      const late = () => subscriber.error(signal.reason);
      signal.addEventListener('abort', late, { once: true });
      const inner = next.handle().subscribe(subscriber);
      return () => {
        signal.removeEventListener('abort', late);
        inner.unsubscribe();
      };
    });
  }
}
