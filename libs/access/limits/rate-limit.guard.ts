import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
} from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, inProcessCaller } from '#platform';
import { ACCESS_RULE, type AccessRule } from '../guard/require-scope.js';
import { TokensService } from '../tokens/tokens.service.js';
import { budgetHeaders } from './budget-headers.js';
import { Budgets, type Tracker } from './budgets.js';
import { addressTracker, tokenTracker } from './trackers.js';

/**
 * Counts per token, and per address for whoever has shown no good one: guesses of tokens share their address's budget.
 * It stands before the access guard, so that a flood never reaches the store of tokens.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    private readonly budgets: Budgets,
    private readonly rules: Reflector,
    private readonly tokens: TokensService,
  ) {
    super(options, budgets, rules);
  }

  /** Liveness is nobody's budget, and what the platform asks of itself is nobody's either. */
  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const rule = this.rules.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    return Promise.resolve((rule?.public ?? false) || inProcessCaller() !== undefined);
  }

  protected override handleRequest({ context, limit }: ThrottlerRequest): Promise<boolean> {
    const http = context.switchToHttp();
    const tracker = this.trackerOf(http.getRequest<FastifyRequest>());
    const taken = this.budgets.take(tracker, Date.now(), limit);
    const headers = budgetHeaders(taken);
    if (!taken.allowed)
      return Promise.reject(
        new AppError('RATE_LIMITED', `More than ${limit} requests in a minute; try again in ${taken.resetSeconds} s`, {
          headers,
        }),
      );
    void http.getResponse<FastifyReply>().headers(headers);
    return Promise.resolve(true);
  }

  private trackerOf(request: FastifyRequest): Tracker {
    const principal = this.tokens.known(request.headers.authorization, request.raw.socket);
    return principal ? tokenTracker(principal.tokenId) : addressTracker(request.ip);
  }
}
