import type { FastifyInstance } from 'fastify';
import type { ConfigOf } from '../config/define-config.js';
import { compression } from './compression.js';
import { entityTag } from './entity-tag.js';
import type { httpConfig } from './http.config.js';
import { loadShedding } from './load-shedding.js';
import { answerOptions } from './options.js';
import { requestScope } from './request-scope.js';
import type { RouteTable } from './route-table.js';
import { SECURITY_HEADERS } from './security-headers.js';

interface Parts {
  config: ConfigOf<typeof httpConfig>;
  routes: RouteTable;
}

/**
 * Everything around every request, in the order in which it happens. In front of all of it stands the hot path, which
 * answers most reads (`answerInFront`). On the way in: headers; shedding; the request's context. Then the framework: limits, access, and the interceptors of
 * `HttpModule` (deadline, kept answers, formats, links, fields, idempotency). On the way out: the entity tag, then
 * compression, which names its coding in the tag.
 */
export function pipeline(fastify: FastifyInstance, { config, routes }: Parts): void {
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
