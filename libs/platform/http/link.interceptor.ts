import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Observable, tap } from 'rxjs';

/** `Link: <…>; rel="next"` (RFC 8288) for every answer that is a page with more behind it. */
@Injectable()
export class LinkInterceptor implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = execution.switchToHttp();
    const { method, url } = http.getRequest<FastifyRequest>();
    if (method !== 'GET' && method !== 'HEAD') return next.handle();
    return next.handle().pipe(
      tap((body) => {
        const cursor = nextCursorOf(body);
        if (cursor === undefined) return;
        const [path = '', query] = url.split('?', 2);
        const parameters = new URLSearchParams(query);
        parameters.set('cursor', cursor);
        void http.getResponse<FastifyReply>().header('Link', `<${path}?${parameters.toString()}>; rel="next"`);
      }),
    );
  }
}

function nextCursorOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('page' in body)) return undefined;
  const { page } = body;
  if (typeof page !== 'object' || page === null || !('next_cursor' in page)) return undefined;
  return typeof page.next_cursor === 'string' ? page.next_cursor : undefined;
}
