import { counter, gauge, histogram } from '../telemetry/metrics.js';

export type ServerRole = 'primary' | 'replica';

interface Watched {
  readonly role: ServerRole;
  readonly counts: { in_use: number; idle: number; waiting: number };
}

/** The pools of this process, for the gauge to ask when it is read. */
const pools = new Set<Watched>();

gauge({
  name: 'strisk_postgres_pool',
  help: 'Connections to PostgreSQL by state, and callers that wait for one',
  labelNames: ['server', 'state'],
  collect() {
    this.reset();
    for (const { role, counts } of pools)
      for (const [state, count] of Object.entries(counts)) this.inc({ server: role, state }, count);
  },
});

export const poolExhausted = counter({
  name: 'strisk_postgres_pool_exhausted_total',
  help: 'Callers that found no connection free, or their namespace at its share, by what became of them',
  labelNames: ['server', 'outcome'],
});

export const poolWait = histogram({
  name: 'strisk_postgres_pool_wait_seconds',
  help: 'How long callers waited for a connection, of those that had to',
  labelNames: ['server'],
  buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 4],
});

/** @returns what takes it out again */
export function watchPool(pool: Watched): () => void {
  pools.add(pool);
  return () => pools.delete(pool);
}
