import { type ClickHouseClient, type ClickHouseClientConfigOptions, createClient } from '@clickhouse/client';
import { createChdbConnection } from 'chdb/connection';

/** Opens the engine in this process on a directory. Several clients of one directory run side by side. */
export function openEmbeddedClient(path: string): ClickHouseClient {
  // chDB is typed against its own copy of the client's interfaces, which differ in optional members alone.
  const connection: unknown = createChdbConnection({ path });
  return createClient({ connection: connection as ClickHouseClientConfigOptions['connection'] });
}
