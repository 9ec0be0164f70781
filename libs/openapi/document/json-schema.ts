/** JSON Schema of draft 2020-12, as far as this library makes and compares it. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  propertyNames?: JsonSchema;
  items?: JsonSchema | boolean;
  prefixItems?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  pattern?: string;
  format?: string;
  default?: unknown;
  description?: string;
  examples?: unknown[];
  contentMediaType?: string;
  $defs?: Record<string, JsonSchema>;
  [keyword: string]: unknown;
}

/** A copy with every schema inside it changed from the innermost outwards; what only looks like one (an example) stays. */
export function mapSchema(schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const inner = (value: JsonSchema) => mapSchema(value, change);
  const all = (values: Record<string, JsonSchema>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, inner(value)]));
  const copy: JsonSchema = { ...schema };
  if (copy.properties) copy.properties = all(copy.properties);
  if (copy.$defs) copy.$defs = all(copy.$defs);
  for (const list of ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const)
    if (copy[list]) copy[list] = copy[list].map(inner);
  if (typeof copy.additionalProperties === 'object') copy.additionalProperties = inner(copy.additionalProperties);
  if (typeof copy.items === 'object') copy.items = inner(copy.items);
  if (copy.propertyNames) copy.propertyNames = inner(copy.propertyNames);
  return change(copy);
}
