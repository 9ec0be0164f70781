import type { DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { z } from 'zod';
import { type ConfigOf, defineConfig } from '../config/define-config.js';

export const loggingConfig = defineConfig('logging', {
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('How much is logged: fatal, error, warn, info, debug, trace or silent (info)'),
});

/** One JSON line a request, to stdout. The token never stands in it: the header is cut, not masked. */
export function loggingModule(config: ConfigOf<typeof loggingConfig>): DynamicModule {
  return LoggerModule.forRoot({
    pinoHttp: {
      level: config.LOG_LEVEL,
      // Probes and scrapes come every few seconds from every side; they would bury the rest.
      autoLogging: { ignore: (request) => ['/health', '/ready', '/metrics'].includes(request.url ?? '') },
      redact: { paths: ['req.headers.authorization', 'req.headers.cookie', 'req.headers["x-token"]'], remove: true },
      customLogLevel: (_request, response, error) =>
        error !== undefined || response.statusCode >= 500 ? 'error' : response.statusCode >= 400 ? 'warn' : 'info',
      serializers: {
        req: (request: { id: string; method: string; url: string }) => ({
          id: request.id,
          method: request.method,
          url: request.url,
        }),
        res: (response: { statusCode: number }) => ({ status: response.statusCode }),
      },
    },
  });
}
