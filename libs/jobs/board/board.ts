import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { getQueueToken } from '@nestjs/bullmq';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import type { Queue } from 'bullmq';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Gate, TokensService } from '#access';
import { AppError, problemOf, toAppError } from '#platform';
import { QUEUES } from '../catalog/catalog.js';
import { BoardSessions } from './board-sessions.js';

export const BOARD_PATH = '/bull-board';

const RULE = { public: false, scope: 'admin', namespace: false } as const;

/**
 * Its scripts and styles come from here and nothing from elsewhere: the page asks for fonts of another house, which
 * would learn who looks at it, and does without.
 */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; " +
  "base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/**
 * Bull Board over the queues, for administrators, to look at. What the queues carry are messages with ids of jobs; to
 * change one there would be behind the back of the jobs' own table, so it changes nothing.
 */
@Injectable()
export class Board implements OnModuleInit {
  private readonly logger = new Logger(Board.name);

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly modules: ModuleRef,
    private readonly gate: Gate,
    private readonly tokens: TokensService,
    private readonly sessions: BoardSessions,
  ) {}

  onModuleInit(): void {
    const adapter = new FastifyAdapter();
    adapter.setBasePath(BOARD_PATH);
    createBullBoard({
      queues: Object.keys(QUEUES).map(
        (name) =>
          new BullMQAdapter(this.modules.get<Queue>(getQueueToken(name), { strict: false }), { readOnlyMode: true }),
      ),
      serverAdapter: adapter,
      options: { uiConfig: { boardTitle: 'ST Risk Platform: queues', hideDocsLink: true } },
    });
    // Its own tells what went wrong inside.
    adapter.setErrorHandler((error) => {
      this.logger.warn({ err: error }, 'the board could not be shown');
      return { status: 500, body: { error: 'The queues cannot be looked at at the moment; the log has more' } };
    });
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    // Not awaited: that would begin the start of the server, which the framework has more to add to.
    void fastify.register(
      async (scope) => {
        scope.addHook('onRequest', async (request, reply) => {
          try {
            await this.admit(request);
            void reply.headers({
              'Content-Security-Policy': CONTENT_SECURITY_POLICY,
              'Cache-Control': 'private, no-cache',
            });
          } catch (error) {
            // Thrown, it would be told by the board's own handler, in its own way.
            await refuse(toAppError(error), request, reply);
          }
        });
        await scope.register(adapter.registerPlugin() as never);
      },
      { prefix: BOARD_PATH },
    );
  }

  /** @throws AppError TOKEN_*, SCOPE_MISSING, METHOD_NOT_ALLOWED */
  private async admit({ method, headers }: FastifyRequest): Promise<void> {
    // Whatever routes a later release of it may have.
    if (method !== 'GET' && method !== 'HEAD')
      throw new AppError('METHOD_NOT_ALLOWED', 'The board is for looking at; jobs are changed by the API', {
        headers: { Allow: 'GET, HEAD' },
      });
    if (headers.authorization !== undefined) {
      await this.gate.admit(RULE, headers);
      return;
    }
    const tokenId = this.sessions.tokenIdIn(headers.cookie);
    if (tokenId === undefined)
      throw new AppError('TOKEN_MISSING', 'Open the board from the page of jobs in the console, which has your token');
    if (!(await this.tokens.isGood(tokenId, RULE.scope)))
      throw new AppError('TOKEN_REVOKED', 'The token that this session stands for is no longer good');
  }
}

function refuse(error: AppError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .status(error.status)
    .headers({
      ...error.headers,
      'Cache-Control': 'no-store',
      'Content-Type': 'application/problem+json; charset=utf-8',
    })
    .send(JSON.stringify(problemOf(error, request)));
}
