/** `{{train.result.model_version}}`: what a job that this one depends on has found out. */
const REFERENCE = /^\{\{\s*([A-Za-z0-9_-]{1,64})\.result((?:\.[^.{}\s]+)+)\s*\}\}$/;
const MAX_DEPTH = 32;

export interface Reference {
  /** The job, by its name in the request or its id. */
  job: string;
  /** From its result downwards. */
  path: string[];
}

/** What is wrong with a reference, in words for the client. */
export class ReferenceError extends Error {}

/** A text that is a reference as a whole; within other text braces are only braces. */
function referenceIn(text: string): Reference | undefined {
  const match = REFERENCE.exec(text);
  if (!match) return undefined;
  const [, job = '', path = ''] = match;
  return { job, path: path.slice(1).split('.') };
}

export const writeReference = ({ job, path }: Reference) => `{{${[job, 'result', ...path].join('.')}}}`;

/**
 * The same document with each reference replaced.
 * @throws ReferenceError where it is nested too deeply
 */
export function replaceReferences(value: unknown, by: (reference: Reference) => unknown, depth = 0): unknown {
  if (typeof value === 'string') {
    const reference = referenceIn(value);
    return reference ? by(reference) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) throw new ReferenceError(`is nested more than ${MAX_DEPTH} levels deep`);
  if (Array.isArray(value)) return value.map((item) => replaceReferences(item, by, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, replaceReferences(item, by, depth + 1)]),
  );
}

export function referencesIn(value: unknown): Reference[] {
  const found: Reference[] = [];
  replaceReferences(value, (reference) => found.push(reference));
  return found;
}

/** @throws ReferenceError where the result has nothing there */
export function lookUp(result: unknown, { job, path }: Reference): unknown {
  let at = result;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name))
      throw new ReferenceError(`the result of ${job} has no "${path.join('.').slice(0, 100)}"`);
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}
