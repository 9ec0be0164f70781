import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '../document/json-schema.js';

/** Whose values are judged: what clients send, or what they get. */
export type Direction = 'request' | 'response';

/** A schema with the components its references lead to. */
export interface Side {
  schema: JsonSchema;
  components: Record<string, JsonSchema>;
}

/**
 * Why a value of the first schema may be none of the second; empty where every one is. For requests the first is what was
 * taken before and the second what is taken now; for answers the first is what is sent now and the second what clients
 * were told to expect. Two things are let pass for answers, because clients are told to: new values of an enumeration
 * and new fields of an object.
 */
export function narrowings(from: Side, to: Side, direction: Direction): string[] {
  return new Comparison(from.components, to.components, direction).compare(from.schema, to.schema, '');
}

class Comparison {
  /** Pairs that are being compared further up: schemas may contain themselves. */
  private readonly open = new Set<string>();

  constructor(
    private readonly fromComponents: Record<string, JsonSchema>,
    private readonly toComponents: Record<string, JsonSchema>,
    private readonly direction: Direction,
  ) {}

  compare(from: JsonSchema, to: JsonSchema, path: string): string[] {
    const pair = `${from.$ref ?? ''} ${to.$ref ?? ''}`;
    if (from.$ref !== undefined && to.$ref !== undefined) {
      if (this.open.has(pair)) return [];
      this.open.add(pair);
    }
    const before = alternatives(resolve(from, this.fromComponents), this.fromComponents);
    const after = alternatives(resolve(to, this.toComponents), this.toComponents);
    const [only] = before;
    const [target] = after;
    const reasons =
      before.length === 1 && after.length === 1 && only && target
        ? this.one(only, target, path)
        : before
            .filter((each) => !after.some((other) => this.one(each, other, path).length === 0))
            .map((each) => `${path || 'it'}: ${nameOf(each)} is none of ${after.map(nameOf).join(', ')}`);
    this.open.delete(pair);
    return reasons;
  }

  /** Schemas without alternatives. */
  private one(from: JsonSchema, to: JsonSchema, path: string): string[] {
    const at = path || 'it';
    if (Object.keys(to).length === 0) return [];
    const values = valuesOf(to);
    if (values) {
      const own = valuesOf(from);
      if (!own) return [`${at}: was free and is one of ${values.join(', ')}`];
      const lost = own.filter((value) => !values.some((other) => isDeepStrictEqual(value, other)));
      if (lost.length > 0 && this.direction === 'request') return [`${at}: no longer ${lost.join(', ')}`];
    }
    if (to.type !== undefined && from.type !== to.type && !(from.type === 'integer' && to.type === 'number'))
      return [`${at}: ${nameOf(from)} is no ${nameOf(to)}`];
    return [...bounds(from, to, at), ...this.objects(from, to, path), ...this.arrays(from, to, path)];
  }

  private objects(from: JsonSchema, to: JsonSchema, path: string): string[] {
    if (to.type !== 'object') return [];
    const below = (name: string) => (path === '' ? name : `${path}.${name}`);
    const had = from.properties ?? {};
    const has = to.properties ?? {};
    const reasons = (to.required ?? [])
      .filter((name) => !(from.required ?? []).includes(name))
      .map((name) => this.missing(below(name), name in had));
    for (const [name, schema] of Object.entries(had)) {
      const other = has[name] ?? to.additionalProperties;
      if (other === false) {
        if (this.direction === 'request') reasons.push(`${below(name)}: is not taken any more`);
      } else if (typeof other === 'object') reasons.push(...this.compare(schema, other, below(name)));
    }
    if (this.direction === 'response')
      for (const name of Object.keys(has))
        if (!(name in had) && !(to.required ?? []).includes(name)) reasons.push(`${below(name)}: is gone`);
    reasons.push(...this.others(from, to, path));
    return reasons;
  }

  private missing(at: string, isThere: boolean): string {
    if (this.direction === 'request') return `${at}: must be given`;
    return isThere ? `${at}: may be left out` : `${at}: is gone`;
  }

  /** What stands under names that no property has. */
  private others(from: JsonSchema, to: JsonSchema, path: string): string[] {
    const before = from.additionalProperties ?? true;
    const after = to.additionalProperties ?? true;
    if (after === true || before === false) return [];
    if (after === false) return this.direction === 'request' ? [`${path || 'it'}: takes no other fields any more`] : [];
    return this.compare(before === true ? {} : before, after, `${path}.*`);
  }

  private arrays(from: JsonSchema, to: JsonSchema, path: string): string[] {
    if (to.type !== 'array') return [];
    const places = to.prefixItems ?? [];
    const reasons = places.flatMap((place, i) =>
      this.compare(from.prefixItems?.[i] ?? itemsOf(from), place, `${path}[${i}]`),
    );
    if (typeof to.items === 'object') reasons.push(...this.compare(itemsOf(from), to.items, `${path}[]`));
    return reasons;
  }
}

const itemsOf = ({ items }: JsonSchema): JsonSchema => (typeof items === 'object' ? items : {});

function resolve(schema: JsonSchema, components: Record<string, JsonSchema>): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const found = components[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)];
  if (!found) throw new Error(`${schema.$ref} leads nowhere`);
  return resolve(found, components);
}

/** A schema as the alternatives it allows, none of which has alternatives itself. */
function alternatives(schema: JsonSchema, components: Record<string, JsonSchema>): JsonSchema[] {
  const list = schema.anyOf ?? schema.oneOf;
  if (list) return list.flatMap((one) => alternatives(resolve(one, components), components));
  if (Array.isArray(schema.type)) return schema.type.map((type) => ({ ...schema, type }));
  return [schema];
}

function valuesOf({ enum: list, const: only }: JsonSchema): unknown[] | undefined {
  return list ?? (only === undefined ? undefined : [only]);
}

const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const;
const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const;

function bounds(from: JsonSchema, to: JsonSchema, at: string): string[] {
  const reasons: string[] = [];
  for (const name of LOWER) {
    const [before, after] = [from[name] ?? -Infinity, to[name] ?? -Infinity];
    if (after > before) reasons.push(`${at}: ${name} ${show(before)} → ${after}`);
  }
  for (const name of UPPER) {
    const [before, after] = [from[name] ?? Infinity, to[name] ?? Infinity];
    if (after < before) reasons.push(`${at}: ${name} ${show(before)} → ${after}`);
  }
  if (to.multipleOf !== undefined && from.multipleOf !== to.multipleOf)
    reasons.push(`${at}: multiple of ${to.multipleOf}`);
  if (to.format !== undefined && from.format !== to.format) reasons.push(`${at}: format ${to.format}`);
  const known = patternsOf(from);
  for (const pattern of patternsOf(to)) if (!known.includes(pattern)) reasons.push(`${at}: must match ${pattern}`);
  return reasons;
}

const show = (bound: number) => (Number.isFinite(bound) ? String(bound) : 'none');

function patternsOf({ pattern, allOf = [] }: JsonSchema): string[] {
  return [...(pattern === undefined ? [] : [pattern]), ...allOf.flatMap(patternsOf)];
}

function nameOf(schema: JsonSchema): string {
  const values = valuesOf(schema);
  return values ? values.map((value) => JSON.stringify(value)).join('|') : String(schema.type ?? 'anything');
}
