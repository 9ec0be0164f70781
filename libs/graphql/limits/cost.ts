import {
  type DocumentNode,
  type FragmentDefinitionNode,
  getArgumentValues,
  getNamedType,
  getOperationAST,
  getVariableValues,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql/index.js';
import { COSTS, type FieldArguments } from './costs.js';

/** What a query is to be priced with. */
export interface PricedQuery {
  schema: GraphQLSchema;
  /** Valid against the schema. */
  document: DocumentNode;
  operationName: string | undefined;
  /** As the client sent them. */
  variables: Readonly<Record<string, unknown>>;
}

/**
 * How many values a query could answer with, at most: each field counts once for every object it could stand in, and
 * fields that ask a store count for more. Computed from the query alone, before anything is asked.
 * @returns Infinity where it exceeds `max` by the number of fields alone
 */
export function costOf({ schema, document, operationName, variables }: PricedQuery, max: number): number {
  const operation = getOperationAST(document, operationName);
  const root = operation && schema.getRootType(operation.operation);
  if (!operation || !root) return 0;
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  // Wrong variables are refused by name when the query is run.
  if (!coerced) return 0;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  return new Pricing(fragments, coerced, max).of(operation.selectionSet, root, []);
}

class Pricing {
  /** Fields looked at. Every one of them costs at least 1, so the look itself is bounded by the largest cost. */
  private seen = 0;

  constructor(
    private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    private readonly variables: Record<string, unknown>,
    private readonly max: number,
  ) {}

  /** @param above the arguments of the fields around it, the nearest first */
  of(set: SelectionSetNode, type: GraphQLObjectType, above: readonly FieldArguments[]): number {
    let cost = 0;
    for (const selection of set.selections) {
      if (this.seen > this.max) return Infinity;
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = this.fragments.get(selection.name.value);
        if (fragment) cost += this.of(fragment.selectionSet, type, above);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) cost += this.of(selection.selectionSet, type, above);
      else {
        this.seen++;
        const field = type.getFields()[selection.name.value];
        if (!field) {
          // Of the schema itself: bounded by it.
          cost += 1;
          continue;
        }
        const args = getArgumentValues(field, selection, this.variables);
        const { weight = 1, size } = COSTS[`${type.name}.${field.name}`] ?? {};
        const many = Math.max(1, size?.(args, above) ?? 1);
        const inner = getNamedType(field.type);
        const each =
          selection.selectionSet && isObjectType(inner) ? this.of(selection.selectionSet, inner, [args, ...above]) : 0;
        cost += weight + many * (each + (size ? 1 : 0));
      }
    }
    return cost;
  }
}
