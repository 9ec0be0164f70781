import {
  GraphQLError,
  GraphQLScalarType,
  type GraphQLSchema,
  Kind,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql/index.js';
import { cellId, timestamp } from '#contracts';

/** Gives the scalars of the schema their meaning; what is given is held to the rules that REST has. */
export function implementScalars(schema: GraphQLSchema): GraphQLSchema {
  implement(schema, 'DateTime', readText(timestamp, 'an RFC 3339 time with a zone, such as 2026-01-31T08:00:00Z'));
  implement(schema, 'CellId', readText(cellId, 'an H3 index: 15 hexadecimal digits that begin with 8'));
  implement(schema, 'JSON', (value) => value);
  return schema;
}

function implement(schema: GraphQLSchema, name: string, read: (value: unknown) => unknown): void {
  const scalar = schema.getType(name);
  if (!(scalar instanceof GraphQLScalarType)) throw new Error(`The schema has no scalar ${name}`);
  scalar.serialize = (value) => value;
  scalar.parseValue = read;
  scalar.parseLiteral = (node: ValueNode, variables) =>
    read(node.kind === Kind.VARIABLE ? undefined : valueFromASTUntyped(node, variables));
}

function readText(schema: typeof timestamp | typeof cellId, expected: string): (value: unknown) => string {
  return (value) => {
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw new GraphQLError(`must be ${expected}`);
    return parsed.data;
  };
}
