import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type JsonSchema, mapSchema } from './json-schema.js';

const HOME = '#/components/schemas/';
/** Formats that say it all; zod's patterns for them are long, and stricter by nothing that a reader must know. */
const SELF_EXPLAINING = new Set(['date-time', 'uuid', 'date', 'uri', 'email']);

/**
 * The named schemas of a document (`.meta({ id })`), gathered while the schemas that use them are written. A schema whose
 * defaults make it another thing coming in than going out has the name with `Input` behind it on its way in; outputs are
 * therefore written first.
 */
export class Components {
  private readonly schemas = new Map<string, JsonSchema>();

  /** What a client may send. */
  input(schema: z.ZodType): JsonSchema {
    return this.write(schema, 'input');
  }

  /** What a client gets. Objects are open: later versions may add fields, and clients are told to pass over them. */
  output(schema: z.ZodType): JsonSchema {
    return this.write(schema, 'output');
  }

  get all(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private write(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _,
      $defs = {},
      ...root
    } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        if (zodSchema instanceof z.ZodObject && zodSchema.def.catchall === undefined)
          delete jsonSchema.additionalProperties;
      },
    }) as JsonSchema;
    const definitions = Object.fromEntries(Object.entries($defs).map(([id, one]) => [id, mapSchema(one, tidied)]));
    const names = this.namesFor(definitions, io);
    for (const [id, one] of Object.entries(definitions)) this.schemas.set(names.get(id) ?? id, linked(one, names));
    return linked(mapSchema(root, tidied), names);
  }

  /** Which name each definition gets. One that refers to another of a new name is another thing itself. */
  private namesFor(definitions: Record<string, JsonSchema>, io: 'input' | 'output'): Map<string, string> {
    const names = new Map(Object.keys(definitions).map((id) => [id, id]));
    for (let again = true; again;) {
      again = false;
      for (const [id, one] of Object.entries(definitions)) {
        const name = names.get(id) ?? id;
        const known = this.schemas.get(name);
        if (!known || isDeepStrictEqual(known, linked(one, names))) continue;
        if (io === 'output' || name !== id) throw new Error(`Two schemas have the id ${name}: give one another`);
        names.set(id, `${id}Input`);
        again = true;
      }
    }
    return names;
  }
}

function linked(schema: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
  return mapSchema(schema, (inner) => {
    const one = { ...inner };
    // What names a component stands in its place already.
    delete one['id'];
    if (one.$ref === undefined) return one;
    const id = one.$ref.slice(one.$ref.lastIndexOf('/') + 1);
    return { ...one, $ref: HOME + (names.get(id) ?? id) };
  });
}

function tidied(schema: JsonSchema): JsonSchema {
  const tidy = { ...schema };
  if (tidy.format !== undefined && SELF_EXPLAINING.has(tidy.format)) delete tidy.pattern;
  // What zod writes for "any key", which is what leaving it out says.
  if (tidy.propertyNames && Object.keys(tidy.propertyNames).join() === 'type') delete tidy.propertyNames;
  if (typeof tidy.additionalProperties === 'object' && Object.keys(tidy.additionalProperties).length === 0)
    tidy.additionalProperties = true;
  // A list of so many of one kind says the same in words that every tool knows.
  const [first, ...others] = tidy.prefixItems ?? [];
  if (first && tidy.items === false && others.every((one) => isDeepStrictEqual(one, first))) {
    delete tidy.prefixItems;
    tidy.items = first;
  }
  if (tidy.minimum === Number.MIN_SAFE_INTEGER) delete tidy.minimum;
  if (tidy.maximum === Number.MAX_SAFE_INTEGER) delete tidy.maximum;
  return tidy;
}
