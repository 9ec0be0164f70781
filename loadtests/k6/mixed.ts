/**
 * The mixed load with thinking: USERS (1000) users for DURATION (5m), after WARMUP (30s) that counts for nothing.
 * `node loadtests/bin/k6.mjs run loadtests/k6/mixed.ts` with BASE_URL, TOKEN and NAMESPACE.
 */
import { sleep } from 'k6';
import type { Options } from 'k6/options';
import { act, KINDS, MIX, type Places, placesOf } from './mix.ts';

const users = Number(__ENV['USERS'] ?? 1_000);
const warmup = __ENV['WARMUP'] ?? '30s';
const [least, most] = MIX.think_seconds;
const COUNTED = '{scenario:mixed}';

export const options: Options = {
  scenarios: {
    // Ended at once, so that the same users go on: k6 would keep twice as many in memory.
    warmup: { executor: 'constant-vus', exec: 'user', vus: users, duration: warmup, gracefulStop: '0s' },
    mixed: {
      executor: 'constant-vus',
      exec: 'user',
      vus: users,
      duration: __ENV['DURATION'] ?? '5m',
      startTime: warmup,
      gracefulStop: '10s',
    },
  },
  thresholds: {
    [`http_req_duration${COUNTED}`]: ['p(95)<50', 'p(99)<100'],
    [`checks${COUNTED}`]: ['rate>0.9995'],
    [`http_req_failed${COUNTED}`]: ['rate<0.0005'],
    // The others are kept where nothing was asked at all.
    [`http_reqs${COUNTED}`]: ['count>0'],
    // No limit of their own: named here, they are shown.
    ...Object.fromEntries(KINDS.map((kind) => [`http_req_duration{scenario:mixed,kind:${kind}}`, ['p(99)>=0']])),
  },
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max'],
  setupTimeout: '60s',
};

export const setup = placesOf;

export function user(places: Places): void {
  act(places);
  sleep(least + Math.random() * (most - least));
}
