import type { FastifyInstance } from 'fastify';
import type { ConfigOf } from '../config/define-config.js';
import { compression } from './compression.js';
import { entityTag } from './entity-tag.js';
import type { HotPath } from './hot-path.js';
import type { httpConfig } from './http.config.js';
import { loadShedding } from './load-shedding.js';
import { answerOptions } from './options.js';
import { requestScope } from './request-scope.js';
import type { RouteTable } from './route-table.js';
import { SECURITY_HEADERS } from './security-headers.js';

interface Parts {
  config: ConfigOf<typeof httpConfig>;
  routes: RouteTable;
  /** There once the application is put together, which is before the first request. */
  hotPath: () => HotPath | undefined;
}

/**
 * Everything around every request, in the order in which it happens. On the way in: the hot path, which answers most
 * reads; headers; shedding; the request's context. Then the framework: limits, access, and the interceptors of
 * `HttpModule` (deadline, kept answers, formats, links, fields, idempotency). On the way out: the entity tag, then
 * compression, which names its coding in the tag.
 */
export function pipeline(fastify: FastifyInstance, { config, routes, hotPath }: Parts): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!hotPath()?.answer(request, reply)) done();
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(SECURITY_HEADERS).header('X-Request-Id', request.id);
    done();
  });
  loadShedding(fastify, config);
  requestScope(fastify);
  answerOptions(fastify, routes);
  fastify.addHook('onSend', entityTag);
  fastify.addHook('onSend', compression);
}
