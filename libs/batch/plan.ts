import { BATCH_HEADERS, type BatchInput, type BatchOperation } from '#contracts';
import { AppError, type FieldError } from '#platform';
import { faultOfPath } from './path.js';
import { eachText, parseTemplate, TemplateError, referencesOf, type Template } from './references.js';

/** An operation whose references are known to be well-formed and to operations it waits for. */
export interface PlannedOperation {
  index: number;
  id: string;
  method: BatchOperation['method'];
  path: Template;
  headers: Readonly<Record<string, Template>>;
  /** undefined: none is sent. */
  body: unknown;
  dependsOn: readonly string[];
}

const ALLOWED_HEADERS = new Set<string>(BATCH_HEADERS);

/**
 * Checks what the schema alone cannot: ids, dependencies, references, headers.
 * @throws AppError REQUEST_INVALID that names every mistake
 */
export function planOf(input: BatchInput): PlannedOperation[] {
  const errors: FieldError[] = [];
  const indexOf = new Map<string, number>();
  input.operations.forEach(({ id }, i) => {
    if (indexOf.has(id)) errors.push({ path: `operations.${i}.id`, message: `"${id}" is there already` });
    else indexOf.set(id, i);
  });
  const inOrder = input.atomic || input.mode === 'sequential';
  const planned = input.operations.map((operation, index) => {
    errors.push(...wrongDependencies(operation, index, indexOf, inOrder));
    return plan(operation, index, errors);
  });
  if (!inOrder) errors.push(...circles(input.operations));
  if (errors.length > 0)
    throw new AppError(
      'REQUEST_INVALID',
      errors.length === 1 ? 'A field is not valid' : `${errors.length} fields are not valid`,
      {
        errors: errors.slice(0, 100),
      },
    );
  return planned;
}

function plan(operation: BatchOperation, index: number, errors: FieldError[]): PlannedOperation {
  const at = (path: string) => ['operations', index, path].join('.');
  const wait = new Set(operation.depends_on);
  const template = (text: string, path: string): Template => {
    try {
      const parsed = parseTemplate(text);
      for (const { operation: id } of referencesOf(parsed))
        if (!wait.has(id)) errors.push({ path: at(path), message: `refers to "${id}", which is not in depends_on` });
      return parsed;
    } catch (error) {
      errors.push({ path: at(path), message: messageOf(error) });
      return [];
    }
  };
  const fault = faultOfPath(withoutReferences(operation.path));
  if (fault !== undefined) errors.push({ path: at('path'), message: fault });
  const headers: Record<string, Template> = {};
  for (const [given, value] of Object.entries(operation.headers)) {
    const name = given.toLowerCase();
    if (ALLOWED_HEADERS.has(name)) headers[name] = template(value, `headers.${given}`);
    else errors.push({ path: at(`headers.${given}`), message: `may be one of ${BATCH_HEADERS.join(', ')}` });
  }
  const bodiless = operation.method === 'GET' || operation.method === 'DELETE';
  if (bodiless && operation.body !== undefined)
    errors.push({ path: at('body'), message: `a ${operation.method} has none` });
  try {
    eachText(operation.body, (text, path) => template(text, ['body', ...path].join('.')));
  } catch (error) {
    errors.push({ path: at('body'), message: messageOf(error) });
  }
  const { id, method, body, depends_on: dependsOn } = operation;
  return { index, id, method, path: template(operation.path, 'path'), headers, body, dependsOn };
}

function wrongDependencies(
  { depends_on }: BatchOperation,
  index: number,
  indexOf: ReadonlyMap<string, number>,
  inOrder: boolean,
): FieldError[] {
  return depends_on.flatMap((id, i) => {
    const path = `operations.${index}.depends_on.${i}`;
    const other = indexOf.get(id);
    if (other === undefined) return [{ path, message: `there is no operation "${id}"` }];
    if (inOrder && other >= index) return [{ path, message: `"${id}" does not come before it` }];
    return [];
  });
}

/** Operations that wait for each other, or for themselves, and so would wait for ever. */
function circles(operations: readonly BatchOperation[]): FieldError[] {
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  const waiting = new Map(
    [...byId].map(([id, { depends_on }]) => [id, new Set(depends_on.filter((other) => byId.has(other)))]),
  );
  for (let free = true; free;) {
    free = false;
    for (const [id, others] of waiting) if (![...others].some((other) => waiting.has(other))) free = waiting.delete(id);
  }
  return operations.flatMap(({ id, depends_on }, i) =>
    waiting.has(id) && depends_on.some((other) => reaches(other, id, waiting))
      ? [{ path: `operations.${i}.depends_on`, message: `"${id}" waits for itself in a circle` }]
      : [],
  );
}

function reaches(from: string, to: string, edges: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const seen = new Set([from]);
  for (const at of seen) {
    if (at === to) return true;
    for (const next of edges.get(at) ?? []) seen.add(next);
  }
  return false;
}

/** The path as far as it is known; what a reference stands for is one segment or less, being percent-encoded. */
export const withoutReferences = (path: string): string => path.replace(/\{\{[^{}]*\}\}/g, 'x');

function messageOf(error: unknown): string {
  if (error instanceof TemplateError) return error.message;
  throw error;
}
