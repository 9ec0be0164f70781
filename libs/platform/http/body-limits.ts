import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from './app-error.js';
import { excessOf, MAX_JSON_DEPTH, MAX_JSON_VALUES } from './json-depth.js';

/** Characters of an address with its query. A filter by a polygon of 200 corners takes up to 8,000 of them. */
export const MAX_ADDRESS_LENGTH = 12_288;
/** How long a body may take, in milliseconds. */
const PATIENCE = {
  /** For all of a JSON body: who sends it a byte at a time holds a connection for nothing. */
  jsonMs: 30_000,
  /** Of silence in a stream, which takes as long as it takes while something comes. */
  silenceMs: 60_000,
};

/** What a request may bring, looked at before anything is made of it. */
export function bodyLimits(fastify: FastifyInstance, patience = PATIENCE): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    if ((request.raw.url ?? '').length <= MAX_ADDRESS_LENGTH) done();
    else done(new AppError('ADDRESS_TOO_LONG', `An address has at most ${MAX_ADDRESS_LENGTH} characters`));
  });
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    watch(request.raw, isJson(request), patience);
    done(null, payload);
  });
  // Keys that reach into prototypes are an error; they have no place in any of our bodies.
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      done(
        new AppError('ENCODING_UNSUPPORTED', 'A JSON body is read as it is; compressed streams are for /events/bulk'),
      );
      return;
    }
    const excess = excessOf(body as Buffer);
    if (excess === undefined) void parse(request, (body as Buffer).toString('utf8'), done);
    else
      done(
        new AppError(
          'BODY_TOO_COMPLEX',
          excess === 'depth'
            ? `A JSON body is nested at most ${MAX_JSON_DEPTH} deep`
            : `A JSON body has at most ${MAX_JSON_VALUES} values`,
        ),
      );
  });
}

function isJson(request: FastifyRequest): boolean {
  return request.headers['content-type']?.trimStart().startsWith('application/json') ?? false;
}

/** Cuts off who does not send what was announced. */
function watch(raw: IncomingMessage, json: boolean, { jsonMs, silenceMs }: typeof PATIENCE): void {
  // Also what the platform sends itself, which comes over no socket.
  if (raw.complete || !(raw.socket instanceof Socket)) return;
  if (json) {
    const timer = setTimeout(() => raw.destroy(), jsonMs);
    timer.unref();
    raw.once('close', () => clearTimeout(timer));
    raw.once('end', () => clearTimeout(timer));
    return;
  }
  raw.setTimeout(silenceMs, () => raw.destroy());
  raw.once('end', () => raw.setTimeout(0));
}
