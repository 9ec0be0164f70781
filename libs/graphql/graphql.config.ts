import { z } from 'zod';
import { defineConfig, integer, onOff } from '#platform';

export const graphqlConfig = defineConfig('graphql', {
  GRAPHQL_INTROSPECTION: onOff.default(true).describe('Whether GraphQL tells its schema to callers: on or off (on)'),
  GRAPHQL_MAX_DEPTH: integer(3, 50).default(10).describe('Deepest nesting of a GraphQL query (10)'),
  GRAPHQL_MAX_COST: integer(100, 10_000_000)
    .default(50_000)
    .describe('Largest cost of a GraphQL query, in values it could answer with (50000)'),
  GRAPHQL_ALLOW_LIST: z
    .string()
    .optional()
    .describe('A JSON file of queries by their SHA-256; only these may be run. Unset: any query may'),
});
