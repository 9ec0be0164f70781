import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ANSWERS, type AnswersRule } from '../answers.js';
import { chooseFormat } from './choose-format.js';
import type { Format } from './media-types.js';

/** Gives a handler the format to answer in: one of those its `@Answers` names, or JSON. */
export const ChosenFormat = createParamDecorator((_data: unknown, execution: ExecutionContext): Format => {
  const { headers, query } = execution
    .switchToHttp()
    .getRequest<FastifyRequest<{ Querystring: { format?: unknown } }>>();
  const rule = Reflect.getMetadata(ANSWERS, execution.getHandler()) as AnswersRule | undefined;
  const { format } = query;
  return chooseFormat(
    headers.accept,
    typeof format === 'string' || format === undefined ? format : JSON.stringify(format),
    ['json', ...(rule?.formats ?? [])],
  );
});
