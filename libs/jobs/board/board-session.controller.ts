import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Caller, type Principal, RequireScope } from '#access';
import { type BoardSession, boardSession } from '#contracts';
import { Answers } from '#platform';
import { BOARD_COOKIE, BOARD_SESSION_MS, BoardSessions } from './board-sessions.js';
import { BOARD_PATH } from './board.js';

@Controller('jobs/board')
export class BoardSessionController {
  constructor(private readonly sessions: BoardSessions) {}

  @Post('session')
  @RequireScope('admin', { namespace: false })
  @Answers(boardSession, {
    summary: 'Open Bull Board in this browser',
    description:
      'Sets a cookie for the board alone, which stands for the token for a quarter of an hour, or until that is revoked.',
    status: 201,
  })
  open(
    @Caller() { tokenId }: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): BoardSession {
    const expiresAt = Date.now() + BOARD_SESSION_MS;
    const attributes = [
      `${BOARD_COOKIE}=${this.sessions.issue(tokenId, expiresAt)}`,
      `Path=${BOARD_PATH}`,
      `Max-Age=${BOARD_SESSION_MS / 1000}`,
      'HttpOnly',
      // No other page can make a browser use it.
      'SameSite=Strict',
      ...(request.protocol === 'https' ? ['Secure'] : []),
    ];
    void reply.headers({ 'Set-Cookie': attributes.join('; '), 'Cache-Control': 'no-store' });
    return { url: `${BOARD_PATH}/`, expires_at: new Date(expiresAt).toISOString() };
  }
}
