import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import fastifyStatic from '@fastify/static';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Logger, PinoLogger } from 'nestjs-pino';
import type { ConfigOf } from '../config/define-config.js';
import { AccessLog, logRequests } from './access-log.js';
import { answerInFront } from './answer-in-front.js';
import { bodyLimits } from './body-limits.js';
import type { httpConfig } from './http.config.js';
import { HotPath } from './hot-path.js';
import { pipeline } from './pipeline.js';
import { PROBLEM_TYPE, ProblemFilter, problemOf, toAppError } from './problem.filter.js';
import { requestIdOf } from './request-id.js';
import { RouteTable } from './route-table.js';
import { SECURITY_HEADERS } from './security-headers.js';
import { answerBrokenRequest, SERVER_LIMITS } from './server-limits.js';
import { ValidationPipe } from './validation.pipe.js';

export const API_PREFIX = 'api/v1';
/** What probes, scrapers and GraphQL clients look for beside the API. */
export const OUTSIDE_PREFIX = ['health', 'ready', 'metrics', 'graphql'];
/** GraphQL is one address; who looks for it below the prefix finds it there as well. */
const GRAPHQL_BELOW_PREFIX = /^\/api\/v1(?=\/graphql(?:\?|$))/;
/** Streams that a handler reads itself, row by row; no parser may gather them in memory. */
const STREAMED_TYPES = ['application/x-ndjson', 'application/ndjson', 'text/csv', 'application/vnd.apache.parquet'];
/** Jobs have had the first 25 of a shutdown's 30 seconds by then; a stream that is cut is sent again without harm. */
const DRAIN_MS = 5_000;
/** What a page of another origin may read of an answer and send with a request. */
const EXPOSED_HEADERS =
  'ETag,Link,Location,RateLimit,RateLimit-Policy,RateLimit-Limit,RateLimit-Remaining,RateLimit-Reset,Retry-After,X-Cache,Age,X-Request-Id,Idempotent-Replayed'.split(
    ',',
  );
const ALLOWED_HEADERS =
  'Authorization,Content-Type,X-Namespace,X-Request-Id,If-Match,If-None-Match,Idempotency-Key,traceparent'.split(',');

// The map's tiles are drawn by a worker that MapLibre starts from a blob; styles are set on elements by the map.
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; worker-src 'self' blob:; child-src blob:; img-src 'self' data: blob:; " +
  "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

export interface HttpAppOptions {
  config: ConfigOf<typeof httpConfig>;
  /** The built console; left out where the process serves none. */
  consoleDir?: string;
}

/** Makes the HTTP application of a composition module, with everything every endpoint has: one place for all of it. */
export async function createHttpApp(
  module: Type | DynamicModule,
  { config, consoleDir }: HttpAppOptions,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: config.BODY_LIMIT_MB * 1024 * 1024,
    trustProxy: config.TRUST_PROXY ?? false,
    http: SERVER_LIMITS.http,
    clientErrorHandler: answerBrokenRequest,
    // Longer than a load balancer keeps its side, or it sends into a closing connection.
    keepAliveTimeout: 75_000,
    genReqId: ({ headers }: IncomingMessage) => requestIdOf(headers),
    rewriteUrl: ({ url = '/' }) => url.replace(GRAPHQL_BELOW_PREFIX, ''),
    routerOptions: { maxParamLength: 256 },
    // An address that cannot be decoded reaches no route, and so none of the application's filters.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const problem = toAppError(error);
      void reply
        .status(problem.status)
        .headers(SECURITY_HEADERS)
        .header('Content-Type', PROBLEM_TYPE)
        .header('X-Request-Id', request.id)
        .send(JSON.stringify(problemOf(problem, request)));
    },
  });
  const fastify = adapter.getInstance();
  const routes = new RouteTable();
  // CORS has a route for every address, which would make every address one that there is.
  fastify.addHook('onRoute', ({ url, method }) => {
    if (url !== '*') routes.add(url, method);
  });
  // Fastify reads plain text unasked; no route takes it, and 415 says so.
  fastify.removeContentTypeParser('text/plain');
  fastify.server.maxHeadersCount = SERVER_LIMITS.maxHeadersCount;
  fastify.addContentTypeParser(STREAMED_TYPES, (_request, payload, done) => done(null, payload));
  pipeline(fastify, { config, routes });
  bodyLimits(fastify);
  drainOnClose(fastify);

  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bufferLogs: true,
    // Ours reads JSON within bounds; forms, which the framework would read too, are taken by no route.
    bodyParser: false,
    // The process would end on the spot, with the embedded stores still running.
    abortOnError: false,
  });
  app.useLogger(app.get(Logger));
  const log = new AccessLog(PinoLogger.root);
  logRequests(fastify, log);
  const hotPath = app.get(HotPath);
  // CORS writes it on every answer, whether or not a page asks.
  if (config.CORS_ORIGINS) hotPath.carry('Access-Control-Expose-Headers', EXPOSED_HEADERS.join(', '));
  answerInFront(fastify, hotPath, log);
  app.enableCors({
    origin: config.CORS_ORIGINS ?? false,
    exposedHeaders: EXPOSED_HEADERS,
    allowedHeaders: ALLOWED_HEADERS,
    maxAge: 600,
    // Any OPTIONS is answered with what the address takes, whether a browser asks before a call or somebody is curious.
    strictPreflight: false,
    preflightContinue: true,
  });
  app.setGlobalPrefix(API_PREFIX, { exclude: OUTSIDE_PREFIX });
  app.useGlobalPipes(new ValidationPipe());
  app.useGlobalFilters(new ProblemFilter(routes));
  if (consoleDir !== undefined && existsSync(consoleDir)) await serveConsole(app, consoleDir);
  return app;
}

/**
 * Ends the connections that a shutdown finds busy: each after the answer it waits for, and those still busy at the
 * deadline at once. Without it a client that keeps its connection open holds the process for the whole keep-alive time.
 */
function drainOnClose(fastify: FastifyInstance): void {
  let closing = false;
  fastify.addHook('preClose', (done) => {
    closing = true;
    setTimeout(() => fastify.server.closeAllConnections(), DRAIN_MS).unref();
    done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) void reply.header('Connection', 'close');
    done(null, payload);
  });
}

async function serveConsole(app: NestFastifyApplication, root: string): Promise<void> {
  await app.register(fastifyStatic, {
    root,
    wildcard: false,
    cacheControl: false,
    preCompressed: true,
    setHeaders: (response, path) => {
      response.header('Content-Security-Policy', CONTENT_SECURITY_POLICY);
      response.header('Referrer-Policy', 'no-referrer');
      // Built files carry a hash in their names; the page that names them does not.
      response.header('Cache-Control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
