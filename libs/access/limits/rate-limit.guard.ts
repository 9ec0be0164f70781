import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';
import { AppError } from '#platform';
import { ACCESS_RULE, type AccessRule } from '../guard/require-scope.js';
import { TokensService } from '../tokens/tokens.service.js';

/**
 * Counts per token, and per address for whoever has shown no good one: guesses of tokens share their address's budget.
 * It stands before the access guard, so that a flood never reaches the store of tokens.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  protected override headerPrefix = 'RateLimit';

  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    private readonly rules: Reflector,
    private readonly tokens: TokensService,
  ) {
    super(options, storage, rules);
  }

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const rule = this.rules.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    return Promise.resolve(rule?.public ?? false);
  }

  protected override async getTracker(request: FastifyRequest): Promise<string> {
    const token = await this.tokens.knownId(request.headers.authorization);
    return token === undefined ? `address:${request.ip}` : `token:${token}`;
  }

  /** One budget for all routes together. */
  protected override generateKey(_context: ExecutionContext, tracker: string): string {
    return tracker;
  }

  protected override throwThrottlingException(
    _context: ExecutionContext,
    detail: { timeToBlockExpire: number; limit: number },
  ): Promise<void> {
    const seconds = String(Math.max(1, Math.ceil(detail.timeToBlockExpire)));
    return Promise.reject(
      new AppError('RATE_LIMITED', `More than ${detail.limit} requests in a minute; try again in ${seconds} s`, {
        headers: { 'Retry-After': seconds },
      }),
    );
  }
}
