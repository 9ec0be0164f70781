import { Global, Module, type NestInterceptor, type Type } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { AnswerWarmer } from './answer-warmer.js';
import { DeadlineInterceptor } from './deadline.interceptor.js';
import { FormattedInterceptor } from './formats/formatted.interceptor.js';
import { HotPath } from './hot-path.js';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.js';
import { IdempotencyStore } from './idempotency/idempotency.store.js';
import { LinkInterceptor } from './link.interceptor.js';
import { ResponseCacheInterceptor } from './response-cache.interceptor.js';
import { SelectionInterceptor } from './selection.interceptor.js';

/** Around every handler, the outermost first. */
const INTERCEPTORS: Type<NestInterceptor>[] = [
  DeadlineInterceptor,
  FormattedInterceptor,
  ResponseCacheInterceptor,
  LinkInterceptor,
  SelectionInterceptor,
  IdempotencyInterceptor,
];

/** What the framework runs around every handler of a process that serves HTTP. */
@Global()
@Module({
  providers: [
    HotPath,
    AnswerWarmer,
    IdempotencyStore,
    ...INTERCEPTORS.map((useClass) => ({ provide: APP_INTERCEPTOR, useClass })),
  ],
  exports: [HotPath],
})
export class HttpModule {}
