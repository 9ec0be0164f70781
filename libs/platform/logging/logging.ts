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

const PROBES = new Set(['/health', '/ready', '/metrics']);

/** What was asked for: where a middleware is mounted on a path, `url` holds only the rest of it. */
function addressOf(request: { url?: string | undefined; originalUrl?: string }): string {
  return request.originalUrl ?? request.url ?? '';
}

/** One JSON line a request, to stdout. The token never stands in it: the header is cut, not masked. */
export function loggingModule(config: ConfigOf<typeof loggingConfig>): DynamicModule {
  return LoggerModule.forRoot({
    pinoHttp: {
      level: config.LOG_LEVEL,
      // Probes and scrapes come every few seconds from every side; they would bury the rest.
      autoLogging: { ignore: (request) => PROBES.has(addressOf(request)) },
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
