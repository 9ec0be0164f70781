/**
 * What tests need of the world outside: real PostgreSQL, Redis, browser and server processes, and ClickHouse's HTTP
 * interface over an embedded engine. Imported by specs and the test runner alone.
 */
export { openTestCache, type TestCache } from './cache/cache.js';
export { launchBrowser } from './browser/browser.js';
export { startClickHouseHttp, type TestClickHouse } from './clickhouse/clickhouse.js';
export { type Faults } from './clickhouse-http/faults.js';
export { createDatabase, type TestDatabase } from './postgres/database.js';
export { explained, fillTable } from './postgres/plans.js';
export { startPostgres, type TestPostgres } from './postgres/postgres.js';
export { startStandby, type TestStandby } from './postgres/standby.js';
export { Child, type ChildExit, isAlive, run } from './process/child.js';
export { freePort } from './process/free-port.js';
export { startServer, type TestServer } from './process/server.js';
export { startRedis, type TestRedis } from './redis/redis.js';
export { startS3, type TestS3, whyNoS3 } from './s3/s3.js';
export { openTestStores, type TestStores } from './stores/stores.js';
