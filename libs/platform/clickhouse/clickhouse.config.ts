import { defineConfig } from '../config/define-config.js';
import { integer } from '../config/readers.js';

export const clickhouseConfig = defineConfig('clickhouse', {
  CLICKHOUSE_READ_CONNECTIONS: integer(1, 100)
    .default(8)
    .describe('Queries to ClickHouse at once; further ones wait (8)'),
  CLICKHOUSE_QUERY_TIMEOUT_MS: integer(100, 600_000)
    .default(5_000)
    .describe('A query that a request waits for is stopped after this many milliseconds (5000)'),
});
