import { createRequire } from 'node:module';
import {
  type ClickHouseClient,
  type ClickHouseClientConfigOptions,
  ClickHouseLogLevel,
  createClient,
} from '@clickhouse/client';

const require = createRequire(import.meta.url);

/** Opens the engine in this process on a directory. Several clients of one directory run side by side. */
export function openEmbeddedClient(path: string): ClickHouseClient {
  // Loaded here and not at the top: the engine takes some 150 MB, which a process with a server need not hold.
  const { createChdbConnection } = require('chdb/connection') as typeof import('chdb/connection');
  // chDB is typed against its own copy of the client's interfaces, which differ in optional members alone.
  const connection: unknown = createChdbConnection({ path });
  return createClient({
    connection: connection as ClickHouseClientConfigOptions['connection'],
    log: { level: ClickHouseLogLevel.OFF },
  });
}
