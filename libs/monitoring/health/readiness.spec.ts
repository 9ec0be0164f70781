import { expect, it } from 'vitest';
import { readinessOf } from './readiness.js';

const up = { status: 'up', latency_ms: 1.5 };
const down = { status: 'down', detail: 'no answer' };

it.each([
  [{ postgres: up, clickhouse: up }, 'ok'],
  [{ postgres: up, clickhouse: up, redis: up }, 'ok'],
  [{ postgres: up, clickhouse: up, redis: down }, 'degraded'],
  [{ postgres: down, clickhouse: up }, 'degraded'],
  [{ postgres: up, clickhouse: down }, 'degraded'],
  [{ postgres: down, clickhouse: down }, 'unavailable'],
  [{ postgres: down, clickhouse: down, redis: up }, 'unavailable'],
])('%j is %s', (signs, status) => expect(readinessOf(signs).status).toBe(status));

it('tells of each store what it said', () => {
  expect(readinessOf({ postgres: up, clickhouse: down }).dependencies).toEqual({
    postgres: { status: 'up', latency_ms: 1.5, detail: null },
    clickhouse: { status: 'down', latency_ms: null, detail: 'no answer' },
  });
});
