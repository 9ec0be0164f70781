import { z } from 'zod';
import { AppError } from './app-error.js';

const MAX_FIELDS = 200;
const MAX_LENGTH = 4_000;

/** Fields by name: true for all that is below, a tree for some of it. */
export interface FieldTree {
  [name: string]: FieldTree | true;
}

/**
 * What `fields=risk_id,cell.center` asks for, checked against the schema of the answer. The fields of a list are those
 * of its items.
 * @throws AppError REQUEST_INVALID that names every field the answer has not
 */
export function parseSelection(text: string, schema: z.ZodType): FieldTree {
  const names = text.split(',').map((name) => name.trim());
  if (text.length > MAX_LENGTH || names.length > MAX_FIELDS) throw refused([`at most ${MAX_FIELDS} fields`]);
  const wrong = names.filter((name) => !hasField(schema, name.split('.')));
  if (wrong.length > 0) throw refused(wrong.slice(0, 20).map((name) => `"${name.slice(0, 100)}" is not a field of it`));
  const tree: FieldTree = Object.create(null) as FieldTree;
  for (const name of names) plant(tree, name.split('.'));
  return tree;
}

function refused(messages: string[]): AppError {
  return new AppError('REQUEST_INVALID', 'fields names what the answer has not', {
    errors: messages.map((message) => ({ path: 'fields', message })),
  });
}

function plant(tree: FieldTree, [name, ...rest]: string[]): void {
  if (name === undefined || tree[name] === true) return;
  if (rest.length === 0) {
    tree[name] = true;
    return;
  }
  const below: FieldTree = tree[name] ?? (Object.create(null) as FieldTree);
  tree[name] = below;
  plant(below, rest);
}

/** Whether values of the schema can have a field at the path; what is inside lists counts as the list's. */
function hasField(schema: z.core.$ZodType, path: readonly string[]): boolean {
  const [name, ...rest] = path;
  if (name === undefined) return true;
  if (name === '') return false;
  if (schema instanceof z.ZodObject) {
    const shape = schema.shape as Record<string, z.core.$ZodType>;
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    return field !== undefined && hasField(field, rest);
  }
  if (schema instanceof z.ZodRecord) return hasField(schema.valueType, rest);
  if (schema instanceof z.ZodArray) return hasField(schema.element, path);
  if (schema instanceof z.ZodTuple) return schema.def.items.some((item) => hasField(item, path));
  if (schema instanceof z.ZodUnion) return schema.options.some((option) => hasField(option, path));
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return hasField(schema.unwrap(), path);
  if (schema instanceof z.ZodReadonly) return hasField(schema.unwrap(), path);
  if (schema instanceof z.ZodPipe) return hasField(schema.out, path);
  return schema instanceof z.ZodUnknown || schema instanceof z.ZodAny;
}

/** The chosen fields of a value; of each value where it is a list. */
export function select(value: unknown, fields: FieldTree | true): unknown {
  if (fields === true || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item) => select(item, fields));
  const chosen: Record<string, unknown> = {};
  for (const [name, below] of Object.entries(fields))
    if (Object.hasOwn(value, name)) chosen[name] = select((value as Record<string, unknown>)[name], below);
  return chosen;
}

/** Whether a selection needs the field; everything is needed where nothing was selected. */
export function needs(fields: FieldTree | undefined, name: string): boolean {
  return fields === undefined || Object.hasOwn(fields, name);
}
