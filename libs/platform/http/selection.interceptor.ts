import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { z } from 'zod';
import { ANSWERS, type AnswersRule } from './answers.js';
import { Formatted } from './formats/formatted.js';
import { requestContext } from './request-context.js';
import { type FieldTree, parseSelection, select } from './selection.js';

/** The schema that `fields` is read against: of the items where the answer is a list. */
interface Selectable {
  schema: z.ZodType;
  list: boolean;
}

/**
 * `fields=` of every JSON answer. It is taken out of the query before the route's own schema sees it, and stands in the
 * request's context, so that a service can leave out the work for what nobody asked for.
 */
@Injectable()
export class SelectionInterceptor implements NestInterceptor {
  private readonly byRule = new WeakMap<AnswersRule, Selectable | null>();

  constructor(private readonly reflector: Reflector) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { query } = execution.switchToHttp().getRequest<FastifyRequest<{ Querystring: Record<string, unknown> }>>();
    const text = query['fields'];
    if (text === undefined) return next.handle();
    const rule = this.reflector.get<AnswersRule | undefined>(ANSWERS, execution.getHandler());
    const selectable = rule && this.selectable(rule);
    // The route's schema refuses it by name, as it does every parameter it has not.
    if (!selectable) return next.handle();
    const fields = parseSelection(typeof text === 'string' ? text : '', selectable.schema);
    delete query['fields'];
    const context = requestContext();
    if (context) context.fields = fields;
    return next.handle().pipe(
      map((body: unknown) => {
        // Rows were written with the chosen fields alone.
        if (body instanceof Formatted) return body;
        return selectable.list ? selectItems(body, fields) : select(body, fields);
      }),
    );
  }

  private selectable(rule: AnswersRule): Selectable | null {
    let found = this.byRule.get(rule);
    if (found === undefined) this.byRule.set(rule, (found = selectableOf(rule.schema)));
    return found;
  }
}

function selectableOf(schema: z.ZodType | undefined): Selectable | null {
  if (!(schema instanceof z.ZodObject)) return null;
  const { data, page } = schema.shape as Record<string, z.ZodType>;
  return page && data instanceof z.ZodArray
    ? { schema: data.element as z.ZodType, list: true }
    : { schema, list: false };
}

function selectItems(body: unknown, fields: FieldTree): unknown {
  const page = body as { data: unknown[] };
  return { ...page, data: page.data.map((item) => select(item, fields)) };
}
