import { z } from 'zod';
import { defineConfig } from '../config/define-config.js';
import { onOff, serverUrl } from '../config/readers.js';

const prefix = z.string().regex(/^([A-Za-z0-9_-][A-Za-z0-9._-]*\/)*$/, 'must be folders that each end with "/"');

export const filesConfig = defineConfig('files', {
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
    .optional()
    .describe('The S3 bucket that files of jobs are kept in; unset: below DATA_DIR'),
  S3_ENDPOINT: serverUrl('http', 'https').optional().describe("An S3 server other than Amazon's, https://host:9000"),
  S3_REGION: z.string().default('us-east-1').describe('Its region (us-east-1)'),
  S3_ACCESS_KEY_ID: z.string().optional().describe('A key of its; unset: what the machine or its role has'),
  S3_SECRET_ACCESS_KEY: z.string().optional().describe('The secret of that key'),
  S3_PREFIX: prefix.default('').describe('Folders in the bucket that all files lie in, such as strisk/ (none)'),
  S3_PATH_STYLE: onOff
    .default(false)
    .describe('on: the bucket stands in the path, not in the name of the host, as MinIO wants it (off)'),
});
