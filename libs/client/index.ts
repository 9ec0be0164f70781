export type { Address } from './address.js';
export { type Answer, type ClientOptions, RiskClient } from './client.js';
export { ApiProblem, type Problem } from './problem.js';
export { type Patience, retryAfterMs, waitBefore } from './retry.js';
export type { components, paths } from './schema.js';
export { type SendOptions, Transport, type TransportOptions } from './transport.js';
