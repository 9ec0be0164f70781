import type { DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { z } from 'zod';
import { type ConfigOf, defineConfig } from '../config/define-config.js';
import { requestContext } from '../http/request-context.js';
import { toStdout } from './line-blocks.js';

export const loggingConfig = defineConfig('logging', {
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('How much is logged: fatal, error, warn, info, debug, trace or silent (info)'),
});

/**
 * JSON lines to stdout. The line of a request is written by the access log, whichever way it was answered; here stands
 * how everything else is logged: with the id of the request it was done for, and never with a header.
 */
export function loggingModule(config: ConfigOf<typeof loggingConfig>): DynamicModule {
  return LoggerModule.forRoot({
    // Its middleware would bind a logger to each request, at several times the cost of the line itself.
    forRoutes: [],
    pinoHttp: [
      {
        level: config.LOG_LEVEL,
        autoLogging: false,
        redact: { paths: ['req.headers', 'headers.authorization', 'authorization', 'token'], remove: true },
        mixin: () => {
          const context = requestContext();
          return context ? { request_id: context.requestId } : {};
        },
      },
      // Lines go out by the block, or after a moment where few come; at the end of the process, at once.
      toStdout(),
    ],
  });
}
