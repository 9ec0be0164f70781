import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { AccessLog } from './access-log.js';
import type { KnownCaller } from './front-door.js';
import type { HotPath } from './hot-path.js';
import { whoOf } from './request-line.js';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Puts the hot path in front of the framework: what it does not answer goes on as if it were not there. Routing, the
 * request and reply of the framework and its hooks cost about as much as sending an answer that is ready.
 */
export function answerInFront(fastify: FastifyInstance, hotPath: HotPath, log: AccessLog): void {
  const { server } = fastify;
  const [framework, ...others] = server.listeners('request') as Listener[];
  if (!framework || others.length > 0) throw new Error('The framework is not the one listener of its server');
  const whos = new WeakMap<KnownCaller, string>();
  const seenAs = (caller: KnownCaller) => {
    let who = whos.get(caller);
    if (who === undefined) whos.set(caller, (who = whoOf(caller)));
    return who;
  };
  let closing = false;
  // A shutdown ends every connection with its next answer, which the framework says in it.
  fastify.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  server.removeListener('request', framework);
  server.on('request', (request, response) => {
    const startedAt = performance.now();
    const answered = closing ? undefined : hotPath.answer(request, response);
    if (!answered) {
      framework(request, response);
      return;
    }
    const { requestId, asked, caller } = answered;
    // Emitted once, so there is no need for `once`, which costs as much again.
    response.on('close', () =>
      log.ended({
        requestId,
        asked,
        status: response.statusCode,
        cut: !response.writableFinished,
        elapsedMs: performance.now() - startedAt,
        who: seenAs(caller),
      }),
    );
  });
}
