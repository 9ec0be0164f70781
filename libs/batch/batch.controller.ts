import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RequireScope } from '#access';
import { type BatchAnswer, batchAnswer, type BatchInput, batchInput, MAX_BATCH_OPERATIONS } from '#contracts';
import { Answers, Idempotent } from '#platform';
import { BatchService } from './batch.service.js';

const DEADLINE_MS = 30_000;

@Controller('batch')
export class BatchController {
  constructor(private readonly batch: BatchService) {}

  @Post()
  @Idempotent('effect')
  @HttpCode(200)
  // Each operation asks for its own scope.
  @RequireScope('any')
  @Answers(batchAnswer, {
    summary: 'Run many operations in one request',
    description:
      `Up to ${MAX_BATCH_OPERATIONS} operations, each with the rights of the caller and its own status; results stand in the ` +
      'order of the operations. Each counts towards the rate limit. References such as `{{a.body.data.0.risk_id}}` in ' +
      'paths, headers and bodies stand for the results of operations named in `depends_on`.',
    errors: [
      'BATCH_OPERATION_REFUSED',
      'BATCH_NOT_ATOMIC',
      'DEPENDENCY_FAILED',
      'BATCH_ROLLED_BACK',
      'BATCH_REFERENCE_MISSING',
      'BATCH_ANSWER_TOO_LARGE',
      'BATCH_ANSWER_BINARY',
    ],
    deadlineMs: DEADLINE_MS,
    example: {
      results: [
        { id: 'a', status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: { data: [] } },
        { id: 'b', status: 204, headers: {}, body: null },
      ],
    },
  })
  run(@Req() request: FastifyRequest, @Body({ schema: batchInput }) input: BatchInput): Promise<BatchAnswer> {
    return this.batch.run(request, input);
  }
}
