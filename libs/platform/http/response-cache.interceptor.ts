import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, mergeMap, type Observable } from 'rxjs';
import { Cache } from '../cache/cache.js';
import { Postgres } from '../postgres/postgres.service.js';
import { ANSWERS, type AnswersRule } from './answers.js';
import { CACHED, type CachedRule } from './cached.js';
import { codingFor } from './content-coding.js';
import { chooseFormat } from './formats/choose-format.js';
import { Formatted } from './formats/formatted.js';
import { HotPath } from './hot-path.js';
import { requestContext } from './request-context.js';
import { readyAnswer } from './send-stored.js';
import { StoredAnswer } from './stored-answer.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends kept answers, and keeps those that are not there yet; many that ask for the same at once wait for one. */
@Injectable()
export class ResponseCacheInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly cache: Cache,
    private readonly hot: HotPath,
    private readonly postgres: Postgres,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const handler = execution.getHandler();
    const rule = this.reflector.get<CachedRule | undefined>(CACHED, handler);
    const context = requestContext();
    const namespaceId = context?.namespaceId;
    // What a transaction reads may yet be rolled back, and is its own.
    if (!rule || !context || namespaceId === undefined || this.postgres.inTransaction) return next.handle();
    const http = execution.switchToHttp();
    const request = http.getRequest<FastifyRequest<{ Params: Record<string, string> }>>();
    const reply = http.getResponse<FastifyReply>();
    const format = formatOf(request, this.reflector.get<AnswersRule | undefined>(ANSWERS, handler));
    if (rule.pagesOnly && format !== 'json') return next.handle();
    const suffix = keyOf(request, format);
    const load = async () => {
      const own = requestContext();
      if (own) own.isKept = true;
      return store(await lastValueFrom<unknown>(next.handle()), reply);
    };
    const key = this.hot.keyOf(namespaceId, rule, suffix);
    const tags = rule.tags({ namespaceId, params: request.params });
    return from(this.cache.getOrLoad(rule.cache, key, { tags }, load)).pipe(
      mergeMap(async ({ value, state, storedAt }) => {
        this.hot.remember(request, namespaceId, rule, suffix);
        const body = await value.in(codingFor(request.headers['accept-encoding']));
        const ready = readyAnswer(value, body, request.headers['if-none-match'], state, Date.now() - storedAt);
        void reply.code(ready.status).removeHeader('Content-Type').headers(ready.headers);
        return ready.body;
      }),
    );
  }
}

/** The same for all addresses that ask for the same: the parameters in one order, the format as it was chosen. */
function keyOf(request: FastifyRequest, format: string): string {
  const path = request.url.split('?', 1)[0] ?? '';
  const parameters = Object.entries(request.query as Record<string, string | string[]>).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return `${path} ${format} ${JSON.stringify(parameters)}`;
}

function formatOf(request: FastifyRequest, rule: AnswersRule | undefined): string {
  if (!rule?.formats) return 'json';
  const { format } = request.query as { format?: string };
  return chooseFormat(request.headers.accept, format, ['json', ...rule.formats]);
}

async function store(body: unknown, reply: FastifyReply): Promise<StoredAnswer> {
  const tag = reply.getHeader('ETag');
  const own = typeof tag === 'string' ? tag : undefined;
  if (body instanceof Formatted) {
    const { mediaType, filename } = body;
    const headers: Record<string, string> =
      filename === undefined ? {} : { 'Content-Disposition': `attachment; filename="${filename}"` };
    return StoredAnswer.of(mediaType, await body.bytes(), headers, own);
  }
  const link = reply.getHeader('Link');
  const headers: Record<string, string> = typeof link === 'string' ? { Link: link } : {};
  return StoredAnswer.of(JSON_TYPE, Buffer.from(JSON.stringify(body)), headers, own);
}
