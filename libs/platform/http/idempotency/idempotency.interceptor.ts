import { hash } from 'node:crypto';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { Postgres } from '../../postgres/postgres.service.js';
import { AppError } from '../app-error.js';
import { idempotencyKeyOf } from '../idempotency-key.js';
import { outsideRequests, requestContext } from '../request-context.js';
import { type Claim, IdempotencyStore, type KeptAnswer } from './idempotency.store.js';
import { IDEMPOTENT, type IdempotentRule } from './idempotent.js';
import { seal, unseal } from './seal.js';

/** Headers that belong to the answer and not to the moment. */
const KEPT_HEADERS = ['location', 'etag'];

interface Whole {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** Does a request with an `Idempotency-Key` once, and answers it the same however often it is sent. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly store: IdempotencyStore,
    private readonly postgres: Postgres,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const rule = this.reflector.get<IdempotentRule | undefined>(IDEMPOTENT, execution.getHandler());
    const http = execution.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const header = request.headers['idempotency-key'];
    const { tokenId, namespaceId } = requestContext() ?? {};
    if (!rule || header === undefined || tokenId === undefined) return next.handle();
    const key = idempotencyKeyOf(String(header)) ?? '';
    const claim: Claim = { tokenId, key, fingerprint: fingerprintOf(request, namespaceId) };
    const reply = http.getResponse<FastifyReply>();
    if (rule.mode === 'effect') return from(this.once(claim, request, reply, () => this.releasing(claim, next)));
    return from(this.postgres.transaction(() => this.once(claim, request, reply, () => answerOf(next))));
  }

  private async once(
    claim: Claim,
    request: FastifyRequest,
    reply: FastifyReply,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const binding = `${claim.tokenId}/${claim.key}`;
    const secret = request.headers.authorization ?? '';
    const kept = await this.store.claim(claim);
    if (kept) {
      const { status, headers, body } = wholeOf(kept, claim, secret, binding);
      void reply.status(status).headers(headers).header('Idempotent-Replayed', 'true');
      return body;
    }
    const body = await work();
    const headers = Object.fromEntries(
      KEPT_HEADERS.flatMap((name) => {
        const value = reply.getHeader(name);
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    );
    const whole: Whole = { status: reply.statusCode, headers, body };
    // Whoever asked may have left by now, and asks again: what was done must be found then.
    const sealed = seal(JSON.stringify(whole), secret, binding);
    await outsideRequests(() => this.store.keep(claim, whole.status, sealed));
    return body;
  }

  /** Without a transaction that takes the claim back by itself. */
  private async releasing(claim: Claim, next: CallHandler): Promise<unknown> {
    try {
      return await answerOf(next);
    } catch (error) {
      // Where that fails too, the claim is taken for abandoned in a while; what the caller is told is why.
      await outsideRequests(() => this.store.release(claim)).catch(() => undefined);
      throw error;
    }
  }
}

function answerOf(next: CallHandler): Promise<unknown> {
  return lastValueFrom<unknown, undefined>(next.handle(), { defaultValue: undefined });
}

function wholeOf(kept: KeptAnswer, claim: Claim, secret: string, binding: string): Whole {
  if (!kept.fingerprint.equals(claim.fingerprint))
    throw new AppError('IDEMPOTENCY_KEY_REUSED', 'The key was sent before with another request', {
      errors: [{ path: 'Idempotency-Key', message: 'belongs to another request' }],
    });
  if (kept.answer === null)
    throw new AppError('IDEMPOTENCY_IN_PROGRESS', 'The first request with this key is still under way', {
      headers: { 'Retry-After': '1' },
    });
  try {
    return JSON.parse(unseal(kept.answer, secret, binding)) as Whole;
  } catch (cause) {
    // The token has another secret by now.
    throw new AppError('IDEMPOTENCY_KEY_REUSED', 'The key was sent before with the token’s old secret', { cause });
  }
}

/** What was asked for, and for which namespace: an administrator names one with each request. */
function fingerprintOf({ method, url, body }: FastifyRequest, namespaceId: string | undefined): Buffer {
  return hash('sha256', JSON.stringify([namespaceId ?? null, method, url, body ?? null]), 'buffer');
}
