import type { Readiness } from '#contracts';

/** What a store said, as terminus gives it. */
export type Signs = Record<string, { status: string; latency_ms?: number; detail?: string }>;

/**
 * Maps and look-ups are answered from memory and events are taken while one store is away, so one missing is degraded.
 * Without both PostgreSQL and ClickHouse nothing but memory is left, and a balancer should ask elsewhere.
 */
export function readinessOf(signs: Signs): Readiness {
  const up = (name: string) => signs[name]?.status === 'up';
  const all = Object.values(signs).every(({ status }) => status === 'up');
  return {
    status: all ? 'ok' : up('postgres') || up('clickhouse') ? 'degraded' : 'unavailable',
    dependencies: Object.fromEntries(
      Object.entries(signs).map(([name, sign]) => [
        name,
        {
          status: sign.status === 'up' ? ('up' as const) : ('down' as const),
          latency_ms: sign.latency_ms ?? null,
          detail: sign.detail ?? null,
        },
      ]),
    ),
  };
}
