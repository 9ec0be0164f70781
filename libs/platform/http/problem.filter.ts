import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
  NotFoundException,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, ERRORS, type Problem } from '#contracts';
import { AppError } from './app-error.js';
import type { RouteTable } from './route-table.js';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Seconds a client is told to wait where trying again can help and nobody knows better. */
const RETRY_AFTER_SECONDS = '5';

const BY_STATUS: Record<number, ErrorCode> = {
  400: 'REQUEST_MALFORMED',
  401: 'TOKEN_INVALID',
  403: 'SCOPE_MISSING',
  404: 'ROUTE_NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'BODY_TOO_LARGE',
  415: 'MEDIA_TYPE_UNSUPPORTED',
  429: 'RATE_LIMITED',
  503: 'UNAVAILABLE',
};

/** PostgreSQL's classes that say it is away rather than that we asked wrongly, and the system's words for it. */
const POSTGRES_AWAY = /^(08|57P|53)/;
const AWAY =
  /ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|Connection terminated|connection error and is not queryable|timeout exceeded when trying to connect/;
/** What TypeORM says of a transaction whose connection died between two of its queries. */
const TRANSACTION_LOST = /query runner (was )?already released/i;
/** query_canceled: our own statement_timeout. */
const POSTGRES_TOO_LONG = '57014';
/** A NUL, which JSON and addresses can carry and PostgreSQL's text cannot. */
const POSTGRES_NO_TEXT = new Set(['22021', '22P05']);

const codeOf = (status: number): ErrorCode | undefined =>
  BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'REQUEST_MALFORMED' : undefined);

/** Maps whatever was thrown to an error of the registry. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof HttpException) {
    const code = codeOf(thrown.getStatus());
    if (code) return new AppError(code, thrown.message, { cause: thrown });
  }
  if (thrown instanceof Error) {
    // Fastify's own errors (a body too large, broken JSON) carry a status.
    const status = 'statusCode' in thrown && typeof thrown.statusCode === 'number' ? thrown.statusCode : 0;
    const code = codeOf(status);
    if (code) return new AppError(code, thrown.message, { cause: thrown });
    const state = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
    if (state === POSTGRES_TOO_LONG)
      return new AppError('DEADLINE_EXCEEDED', 'A store of the platform did not answer in time', { cause: thrown });
    if (POSTGRES_NO_TEXT.has(state))
      return new AppError('REQUEST_INVALID', 'The request holds a character that cannot be kept: NUL', {
        cause: thrown,
      });
    if (POSTGRES_AWAY.test(state) || AWAY.test(`${state} ${thrown.message}`) || TRANSACTION_LOST.test(thrown.message))
      return new AppError('UNAVAILABLE', 'A store of the platform is not available', { cause: thrown });
  }
  return new AppError('INTERNAL', 'The cause stands in the log under the request id', { cause: thrown });
}

export function problemOf(error: AppError, request: { id: string; url: string }): Problem {
  return {
    type: `urn:st-risk-platform:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: ERRORS[error.code].title,
    status: error.status,
    detail: error.message,
    instance: request.url.split('?', 1)[0] ?? '',
    code: error.code,
    request_id: request.id,
    errors: error.errors,
    ...error.extension,
  };
}

/** Every error leaves as RFC 9457 problem details; what nobody expected is logged with its cause. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(private readonly routes: RouteTable) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = this.wrongMethod(thrown, request) ?? toAppError(thrown);
    // Turned away on purpose, by the thousand where it happens: the line of the request says it.
    if (error.status >= 500 && error.code !== 'OVERLOADED')
      this.logger.error({ err: error.cause ?? error, code: error.code, request_id: request.id }, error.message);
    // The answer has begun: nothing can be said any more, and a cut connection is what tells the client.
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    for (const [name, value] of Object.entries(error.headers)) reply.header(name, value);
    if (error.status === 401) reply.header('WWW-Authenticate', 'Bearer');
    if (error.status === 503 && !reply.hasHeader('Retry-After')) reply.header('Retry-After', RETRY_AFTER_SECONDS);
    void reply
      .status(error.status)
      .header('Content-Type', PROBLEM_TYPE)
      .header('Cache-Control', 'no-store')
      .send(JSON.stringify(problemOf(error, { id: String(request.id), url: request.url })));
  }

  /** The framework says of a wrong method what it says of a wrong address. */
  private wrongMethod(thrown: unknown, request: FastifyRequest): AppError | undefined {
    if (!(thrown instanceof NotFoundException)) return undefined;
    const methods = this.routes.methodsAt(request.url.split('?', 1)[0] ?? '');
    if (methods.length === 0 || methods.includes(request.method)) return undefined;
    const allowed = methods.join(', ');
    return new AppError('METHOD_NOT_ALLOWED', `This address takes ${allowed}, not ${request.method}`, {
      headers: { Allow: allowed },
    });
  }
}
