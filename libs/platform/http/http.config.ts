import { z } from 'zod';
import { defineConfig } from '../config/define-config.js';
import { integer } from '../config/readers.js';

export const httpConfig = defineConfig('http', {
  PORT: integer(0, 65_535).default(3000).describe('The port the API listens on (3000)'),
  HOST: z.string().default('127.0.0.1').describe('The address the API listens on (127.0.0.1)'),
  BODY_LIMIT_MB: integer(1, 1024)
    .default(16)
    .describe('Largest JSON body in megabytes; bulk streams have no such bound (16)'),
  BULK_LIMIT_MB: integer(1, 1_048_576)
    .default(4096)
    .describe('Largest bulk stream in megabytes after decompression (4096)'),
});
