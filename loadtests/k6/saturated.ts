/**
 * The mixed load without thinking: USERS (64) connections for DURATION (1m), as much as the platform gives.
 * `node loadtests/bin/k6.mjs run loadtests/k6/saturated.ts` with BASE_URL, TOKEN and NAMESPACE. k6 itself costs several
 * times the processor time of what it asks: give it a machine of its own, or the figure is its own.
 */
import type { Options } from 'k6/options';
import { act, type Places, placesOf } from './mix.ts';

export const options: Options = {
  scenarios: {
    saturated: {
      executor: 'constant-vus',
      exec: 'user',
      vus: Number(__ENV['USERS'] ?? 64),
      duration: __ENV['DURATION'] ?? '1m',
    },
  },
  thresholds: {
    'http_reqs{scenario:saturated}': ['rate>=5000'],
    'http_req_duration{scenario:saturated}': ['p(99)<60'],
    'checks{scenario:saturated}': ['rate>0.9995'],
    'http_req_failed{scenario:saturated}': ['rate<0.0005'],
  },
  summaryTrendStats: ['avg', 'med', 'p(95)', 'p(99)', 'max'],
  setupTimeout: '60s',
};

export const setup = placesOf;

export const user = (places: Places): void => act(places);
