import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql/index.js';

/**
 * Refuses queries nested deeper than `max` fields. What asks for the schema is left out: graphql has a rule of its own
 * for that, and tools ask for it deeply.
 */
export const depthRule =
  (max: number): ValidationRule =>
  (context: ValidationContext): ASTVisitor => ({
    Document(document) {
      const fragments = new Map<string, FragmentDefinitionNode>();
      for (const definition of document.definitions)
        if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
      // Each fragment is measured once; one that is being measured is part of a circle, which another rule refuses.
      const measured = new Map<string, number>();
      const ofFragment = (name: string): number => {
        const known = measured.get(name);
        if (known !== undefined) return known;
        measured.set(name, 0);
        const depth = depthOf(fragments.get(name)?.selectionSet, ofFragment);
        measured.set(name, depth);
        return depth;
      };
      for (const definition of document.definitions) {
        if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
        const depth = depthOf(definition.selectionSet, ofFragment);
        if (depth > max)
          context.reportError(
            new GraphQLError(`The query is ${depth} fields deep; at most ${max}`, {
              nodes: definition,
              extensions: { code: 'GRAPHQL_TOO_DEEP' },
            }),
          );
      }
    },
  });

function depthOf(set: SelectionSetNode | undefined, ofFragment: (name: string) => number): number {
  let deepest = 0;
  for (const selection of set?.selections ?? []) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) deepest = Math.max(deepest, ofFragment(selection.name.value));
    else if (selection.kind === Kind.INLINE_FRAGMENT)
      deepest = Math.max(deepest, depthOf(selection.selectionSet, ofFragment));
    else if (!selection.name.value.startsWith('__'))
      deepest = Math.max(deepest, 1 + depthOf(selection.selectionSet, ofFragment));
  }
  return deepest;
}
