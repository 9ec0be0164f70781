import { z } from 'zod';
import { defineConfig } from '../config/define-config.js';
import { integer } from '../config/readers.js';
import { trustedProxies } from './server-limits.js';

export const httpConfig = defineConfig('http', {
  PORT: integer(0, 65_535).default(3000).describe('The port the API listens on (3000)'),
  HOST: z.string().default('127.0.0.1').describe('The address the API listens on (127.0.0.1)'),
  BODY_LIMIT_MB: integer(1, 1024)
    .default(16)
    .describe('Largest JSON body in megabytes; bulk streams have no such bound (16)'),
  BULK_LIMIT_MB: integer(1, 1_048_576)
    .default(4096)
    .describe('Largest bulk stream in megabytes after decompression (4096)'),
  SHED_EVENT_LOOP_DELAY_MS: integer(10, 60_000)
    .default(250)
    .describe('Requests are turned away while the event loop is later than this many milliseconds (250)'),
  CORS_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .pipe(z.array(z.url({ protocol: /^https?$/, error: 'must be origins such as https://maps.example.org' })))
    .optional()
    .describe('Origins whose pages may call the API from a browser, separated by commas; unset: none but our own'),
  TRUST_PROXY: trustedProxies
    .optional()
    .describe('Proxies whose X-Forwarded-For is believed: addresses or networks, separated by commas; unset: none'),
});
