import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { histogram } from '../telemetry/metrics.js';
import { hotCallerOf } from './hot-path.js';
import { redactUrl } from './redact-url.js';
import { contextOf } from './request-scope.js';

/** Probes and scrapes come every few seconds from every side; they would bury the rest. */
const PROBES = new Set(['/health', '/ready', '/metrics']);

/** One line and one observation for every request, whatever answered it. No header of the request stands in it. */
export function accessLog(fastify: FastifyInstance, logger: Logger): void {
  const seconds = histogram({
    name: 'strisk_http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10],
  });
  const log = (request: FastifyRequest, reply: FastifyReply, status: string, message: string) => {
    const { url } = request.raw;
    const route = request.routeOptions.url;
    seconds.observe({ method: request.method, route: route ?? 'unmatched', status }, reply.elapsedTime / 1000);
    if (url === undefined || !PROBES.has(url)) write(logger, request, reply, route, message);
  };
  const open = new WeakSet<FastifyRequest>();
  fastify.addHook('onRequest', (request, reply, done) => {
    open.add(request);
    // The framework says nothing of an answer that does not get to its end: the caller left before or amid it.
    reply.raw.once('close', () => {
      if (reply.raw.writableFinished) return;
      // An answer within the process closes first and finishes then.
      setImmediate(() => {
        if (open.delete(request)) log(request, reply, 'cut', 'request cut off');
      });
    });
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    open.delete(request);
    log(request, reply, `${Math.floor(reply.raw.statusCode / 100)}xx`, 'request completed');
    done();
  });
}

function write(
  logger: Logger,
  request: FastifyRequest,
  reply: FastifyReply,
  route: string | undefined,
  message: string,
): void {
  // None was sent to a caller who left before the answer.
  const status = reply.raw.headersSent ? reply.raw.statusCode : undefined;
  const caller = hotCallerOf(request) ?? contextOf(request);
  const line = {
    req: { id: request.id, method: request.method, url: redactUrl(request.raw.url ?? '') },
    route,
    res: { status },
    responseTime: Math.round(reply.elapsedTime * 10) / 10,
    token_id: caller?.tokenId,
    namespace: caller?.namespaceId,
  };
  if (status !== undefined && status >= 500) logger.error(line, message);
  else if (status !== undefined && status >= 400) logger.warn(line, message);
  else logger.info(line, message);
}
