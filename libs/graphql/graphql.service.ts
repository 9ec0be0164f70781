import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type ExecutionResult, GraphQLError, NoSchemaIntrospectionCustomRule, parse, validate } from 'graphql/index.js';
import mercurius from 'mercurius';
import { z } from 'zod';
import type { AccessContext } from '#access';
import { ERRORS } from '#contracts';
import { AppError, type ConfigOf } from '#platform';
import { showError, type ShownError } from './errors.js';
import { graphqlConfig } from './graphql.config.js';
import { costOf } from './limits/cost.js';
import { depthRule } from './limits/depth.js';
import { PersistedQueries } from './persisted/persisted-queries.js';
import { Loaders } from './resolvers/loaders.js';
import { Queries } from './resolvers/queries.js';
import type { GraphqlContext } from './resolvers/scoped.js';
import { makeSchema } from './schema/schema.js';

/** Longest query, in characters, and most of its words; checking a query takes time with the square of the latter. */
const MAX_QUERY_LENGTH = 10_000;
const MAX_TOKENS = 1_000;
/** Queries whose checks are remembered, and twice as many at times. The largest take some 350 KB each. */
const REMEMBERED_QUERIES = 50;

export const graphqlRequest = z.object({
  query: z.string().min(1).max(MAX_QUERY_LENGTH).optional(),
  operationName: z.string().max(200).nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  extensions: z
    .looseObject({
      persistedQuery: z
        .strictObject({ version: z.literal(1), sha256Hash: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256') })
        .optional(),
    })
    .nullish(),
});
export type GraphqlRequest = z.output<typeof graphqlRequest>;

export interface GraphqlAnswer {
  status: number;
  body: { data?: unknown; errors?: ShownError[] };
}

/** Runs queries by mercurius, within limits that are checked before anything is asked. */
@Injectable()
export class GraphqlService implements OnModuleInit {
  private readonly logger = new Logger('GraphQL');
  private readonly persisted: PersistedQueries;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly queries: Queries,
    private readonly loaders: Loaders,
    @Inject(graphqlConfig.token) private readonly config: ConfigOf<typeof graphqlConfig>,
  ) {
    const { GRAPHQL_ALLOW_LIST: path } = config;
    this.persisted = path === undefined ? new PersistedQueries() : PersistedQueries.fromFile(path);
  }

  onModuleInit(): void {
    const {
      GRAPHQL_MAX_DEPTH: maxDepth,
      GRAPHQL_MAX_COST: maxCost,
      GRAPHQL_INTROSPECTION: introspection,
    } = this.config;
    const schema = makeSchema();
    const resolvers = this.queries.types;
    // One that nobody answers would be null for everyone, whatever their rights.
    const open = Object.keys(schema.getQueryType()?.getFields() ?? {}).filter((name) => !resolvers['Query']?.[name]);
    if (open.length > 0) throw new Error(`These fields of GraphQL's root have no resolver: ${open.join(', ')}`);
    for (const query of this.persisted.listed) {
      const [error] = validate(schema, parse(query));
      if (error) throw new Error(`GRAPHQL_ALLOW_LIST holds a query that is not valid: ${error.message}\n${query}`);
    }
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    // Not awaited: that would begin the start of the server, which the framework has more to add to.
    void fastify.register(mercurius, {
      schema,
      resolvers: resolvers as mercurius.IResolvers,
      loaders: this.loaders.all as mercurius.MercuriusLoaders,
      // The route is a controller's, behind the guards that all have.
      routes: false,
      cache: REMEMBERED_QUERIES,
      validationRules: [depthRule(maxDepth), ...(introspection ? [] : [NoSchemaIntrospectionCustomRule])],
      errorFormatter: ({ data, errors }) => ({
        statusCode: 200,
        response: {
          data: data ?? null,
          errors: (errors ?? []).map((error) => this.show(error)) as unknown as GraphQLError[],
        },
      }),
    });
    fastify.after(() => {
      fastify.graphql.addHook('preExecution', (schemaAtRun, document, context, variables) => {
        const { operationName } = context as GraphqlContext;
        const cost = costOf({ schema: schemaAtRun, document, operationName, variables: variables ?? {} }, maxCost);
        if (cost > maxCost)
          throw new AppError(
            'GRAPHQL_TOO_COSTLY',
            `The query could answer with ${Number.isFinite(cost) ? cost : `more than ${maxCost}`} values; at most ${maxCost}. Ask for fewer fields or with smaller limits`,
            { extension: { cost: Number.isFinite(cost) ? cost : null, max_cost: maxCost } },
          );
      });
    });
  }

  async run(access: AccessContext, request: GraphqlRequest, reply: FastifyReply): Promise<GraphqlAnswer> {
    const named = { query: request.query, sha256Hash: request.extensions?.persistedQuery?.sha256Hash };
    const operationName = request.operationName ?? undefined;
    try {
      const query = this.persisted.resolve(named);
      // mercurius takes what cannot be parsed for a parsed document in JSON, which knows no limits.
      parse(query, { maxLexicalTokens: MAX_TOKENS });
      const { data, errors } = await reply.graphql<ExecutionResult>(
        query,
        { access, operationName },
        request.variables ?? {},
        operationName,
      );
      const shown = errors as unknown as ShownError[] | undefined;
      // No field of the root can take the others with it: without data nothing was run.
      if (!data && shown) return { status: statusOf(shown), body: { errors: shown } };
      this.persisted.keep(named);
      return { status: 200, body: { data, ...(shown ? { errors: shown } : {}) } };
    } catch (error) {
      const errors = requestErrors(error).map((one) => this.show(one));
      return { status: statusOf(errors), body: { errors } };
    }
  }

  private show(error: Error): ShownError {
    return showError(error, (unexpected) =>
      this.logger.error({ err: unexpected.cause ?? unexpected, code: unexpected.code }, unexpected.message),
    );
  }
}

/** What mercurius found wrong before anything ran comes wrapped in an error of its own. */
function requestErrors(error: unknown): Error[] {
  if (!(error instanceof Error)) throw error;
  if (error instanceof AppError || !('errors' in error) || !Array.isArray(error.errors)) return [error];
  return (error.errors as unknown[]).filter((one) => one instanceof Error);
}

const statusOf = ([first]: readonly ShownError[]): number => ERRORS[first?.extensions.code ?? 'INTERNAL'].status;
