import { Readable } from 'node:stream';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { ANSWERS, type AnswersRule } from '../answers.js';
import { Formatted } from './formatted.js';

/** Sends what handlers answer with in other formats than JSON. */
@Injectable()
export class FormattedInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = execution.switchToHttp();
    const { method } = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const rule = this.reflector.get<AnswersRule | undefined>(ANSWERS, execution.getHandler());
    if (rule?.formats) addToVary(reply, 'Accept');
    return next.handle().pipe(
      map((answer: unknown) => {
        if (!(answer instanceof Formatted)) return answer;
        const { mediaType, body, filename } = answer;
        void reply.header('Content-Type', mediaType);
        if (filename !== undefined) void reply.header('Content-Disposition', `attachment; filename="${filename}"`);
        if (!(body instanceof Readable)) return body;
        void reply.header('Cache-Control', 'no-store');
        if (method !== 'HEAD') return body;
        // Nothing of it would be sent, and all of it would be made.
        body.destroy();
        return Readable.from([]);
      }),
    );
  }
}

function addToVary(reply: FastifyReply, name: string): void {
  const before = reply.getHeader('Vary');
  void reply.header('Vary', before === undefined ? name : `${String(before)}, ${name}`);
}
