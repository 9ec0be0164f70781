import { Body, Controller, Headers, HttpCode, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Access, type AccessContext, RequireScope } from '#access';
import { Answers, Documented } from '#platform';
import { type GraphqlAnswer, type GraphqlRequest, graphqlRequest, GraphqlService } from './graphql.service.js';

const RESPONSE_TYPE = 'application/graphql-response+json';

const graphqlAnswer = z.object({
  data: z.record(z.string(), z.unknown()).nullable().optional(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        locations: z.array(z.object({ line: z.number(), column: z.number() })).optional(),
        path: z.array(z.union([z.string(), z.number()])).optional(),
        extensions: z.looseObject({ code: z.string() }),
      }),
    )
    .optional(),
});

@Controller('graphql')
export class GraphqlController {
  constructor(private readonly graphql: GraphqlService) {}

  @Post()
  @HttpCode(200)
  // Each field asks for its own scope.
  @RequireScope('any')
  @Answers(graphqlAnswer, {
    summary: 'Run a GraphQL query',
    description:
      'The read side of the API: several things in one request, with the fields that are wanted and no others. ' +
      'Depth, cost and size of a query are bounded. Persisted queries are named by extensions.persistedQuery.',
    errors: [
      'GRAPHQL_INVALID',
      'GRAPHQL_TOO_DEEP',
      'GRAPHQL_TOO_COSTLY',
      'GRAPHQL_NOT_LISTED',
      'PERSISTED_QUERY_NOT_FOUND',
    ],
    example: { data: { risks: { data: [{ risk_id: 'rsk_3f1c0a9b', level: 'HIGH' }], page: { has_more: false } } } },
  })
  @Documented({
    answers: {
      400: { description: 'A query that cannot be run, as GraphQL says it', schema: graphqlAnswer },
      403: { description: 'A query that is not allowed, as GraphQL says it', schema: graphqlAnswer },
      404: { description: 'A persisted query that is not known, as GraphQL says it', schema: graphqlAnswer },
    },
  })
  async run(
    @Access() access: AccessContext,
    @Body({ schema: graphqlRequest }) request: GraphqlRequest,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<GraphqlAnswer['body']> {
    const { status, body } = await this.graphql.run(access, request, reply);
    void reply.code(status).header('Cache-Control', 'no-store');
    if (accept?.includes(RESPONSE_TYPE)) void reply.header('Content-Type', `${RESPONSE_TYPE}; charset=utf-8`);
    return body;
  }
}
