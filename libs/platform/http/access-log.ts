import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { histogram } from '../telemetry/metrics.js';
import { askedOf, type Ended, type RequestLevel, whoOf, writeRequestLine } from './request-line.js';
import { contextOf } from './request-scope.js';

/** One line and one observation for every request. No header of the request stands in it. */
export class AccessLog {
  private readonly seconds = histogram({
    name: 'strisk_http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10],
  });

  constructor(private readonly logger: Logger) {}

  ended(ended: Ended): void {
    const { asked, status, cut, elapsedMs } = ended;
    const { method, route = 'unmatched' } = asked;
    const kind = cut || status === undefined ? 'cut' : `${Math.floor(status / 100)}xx`;
    this.seconds.observe({ method, route, status: kind }, elapsedMs / 1000);
    if (!asked.isProbe) writeRequestLine(this.logger, levelOf(status), ended);
  }
}

function levelOf(status = 0): RequestLevel {
  if (status >= 500) return 'error';
  return status >= 400 ? 'warn' : 'info';
}

/** Tells the log of every request that the framework answers. */
export function logRequests(fastify: FastifyInstance, log: AccessLog): void {
  const tell = (request: FastifyRequest, reply: FastifyReply, cut: boolean) => {
    const context = contextOf(request);
    log.ended({
      requestId: request.id,
      asked: askedOf(request.method, request.raw.url ?? '', request.routeOptions.url),
      // None was sent to a caller who left before the answer.
      status: reply.raw.headersSent ? reply.raw.statusCode : undefined,
      cut,
      elapsedMs: reply.elapsedTime,
      who: context ? whoOf(context) : '',
    });
  };
  const open = new WeakSet<FastifyRequest>();
  fastify.addHook('onRequest', (request, reply, done) => {
    open.add(request);
    // The framework says nothing of an answer that does not get to its end.
    reply.raw.once('close', () => {
      if (reply.raw.writableFinished) return;
      // An answer within the process closes first and finishes then.
      setImmediate(() => {
        if (open.delete(request)) tell(request, reply, true);
      });
    });
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    open.delete(request);
    tell(request, reply, false);
    done();
  });
}
