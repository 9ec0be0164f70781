import { counter, gauge } from '#platform';
import type { SpoolDepth } from './ingest-spool.js';

export const rowsSpooled = counter({
  name: 'strisk_ingest_spooled_rows_total',
  help: 'Events that went to the spool instead of ClickHouse',
});

export const rowsDrained = counter({
  name: 'strisk_ingest_drained_rows_total',
  help: 'Events that went from the spool to ClickHouse, those that were there already included',
});

export const rowsParked = counter({
  name: 'strisk_ingest_parked_rows_total',
  help: 'Events that ClickHouse refused and that were set aside',
});

const depth = {
  batches: gauge({ name: 'strisk_ingest_spool_batches', help: 'Batches of events in the spool' }),
  rows: gauge({ name: 'strisk_ingest_spool_rows', help: 'Events in the spool' }),
  bytes: gauge({ name: 'strisk_ingest_spool_bytes', help: 'Bytes of the events in the spool, compressed' }),
  age: gauge({ name: 'strisk_ingest_spool_oldest_seconds', help: 'Since when the first in the spool waits' }),
};

/** Over all namespaces; every process tells the same. */
export function tellDepth(namespaces: readonly SpoolDepth[], now: number): void {
  const sum = (of: (one: SpoolDepth) => number) => namespaces.reduce((total, one) => total + of(one), 0);
  depth.batches.set(sum(({ batches }) => batches));
  depth.rows.set(sum(({ rows }) => rows));
  depth.bytes.set(sum(({ bytes }) => bytes));
  depth.age.set(Math.max(0, ...namespaces.map(({ oldest }) => (now - oldest.getTime()) / 1000)));
}

export const storeAway = gauge({
  name: 'strisk_ingest_store_away',
  help: '1 while this process knows that ClickHouse takes no events',
});
