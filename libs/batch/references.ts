import type { BatchResult } from '#contracts';

/** `{{id.status}}`, `{{id.headers.etag}}`, `{{id.body.data.0.risk_id}}`. */
const REFERENCE = /^([A-Za-z0-9_-]{1,64})\.(?:(status)|(headers|body)((?:\.[^.{}]+)*))$/;
/** A body that is nested deeper than any resource of ours. */
const MAX_DEPTH = 32;

/** A piece of one operation's result, to be put into a later operation. */
export interface Reference {
  operation: string;
  /** From the result downwards: `['body', 'data', '0', 'risk_id']`. */
  path: string[];
}

export type Template = readonly (string | Reference)[];

/** What is wrong with a text or value, in words for the client. */
export class TemplateError extends Error {}

/**
 * Takes a text apart. `{{` opens a reference; `{{{{` stands for two braces that open none.
 * @throws TemplateError where braces open something that is no reference
 */
export function parseTemplate(text: string): Template {
  const parts: (string | Reference)[] = [];
  let literal = '';
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open < 0) break;
    literal += text.slice(at, open);
    if (text.startsWith('{{{{', open)) {
      literal += '{{';
      at = open + 4;
      continue;
    }
    const close = text.indexOf('}}', open);
    const inner = close < 0 ? text.slice(open + 2, open + 80) : text.slice(open + 2, close);
    const match = close < 0 ? null : REFERENCE.exec(inner.trim());
    if (!match)
      throw new TemplateError(
        `"{{${inner.slice(0, 80)}" is no reference such as {{id.status}}, {{id.headers.etag}} or {{id.body.data.0.name}}`,
      );
    if (literal !== '') parts.push(literal);
    literal = '';
    const [, operation = '', status, part = '', rest = ''] = match;
    parts.push({ operation, path: status === undefined ? [part, ...rest.split('.').slice(1)] : ['status'] });
    at = close + 2;
  }
  literal += text.slice(at);
  if (literal !== '' || parts.length === 0) parts.push(literal);
  return parts;
}

export const referencesOf = (template: Template): Reference[] => template.filter((part) => typeof part !== 'string');

/**
 * Visits every text in a JSON value.
 * @throws TemplateError where it is nested too deeply
 */
export function eachText(value: unknown, visit: (text: string, path: string[]) => void, path: string[] = []): void {
  if (typeof value === 'string') visit(value, path);
  else if (typeof value === 'object' && value !== null) {
    if (path.length >= MAX_DEPTH) throw new TemplateError(`is nested more than ${MAX_DEPTH} levels deep`);
    for (const [name, item] of Object.entries(value)) eachText(item, visit, [...path, name]);
  }
}

/** Puts results into templates, up to a number of bytes: a small request must not unfold into a huge one. */
export class Filler {
  private readonly sizes = new Map<unknown, number>();
  private inserted = 0;

  constructor(
    private readonly resultOf: (id: string) => BatchResult | undefined,
    private readonly maxBytes: number,
  ) {}

  /** A JSON value with its references filled in. A text that is one reference becomes what it stands for, of any type. */
  value(value: unknown): unknown {
    if (typeof value === 'string') {
      const template = parseTemplate(value);
      const [only] = template;
      if (template.length === 1 && typeof only === 'object') return this.look(only);
      return this.text(template);
    }
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.value(item)]));
    return value;
  }

  text(template: Template, encode: (text: string) => string = (text) => text): string {
    return template.map((part) => (typeof part === 'string' ? part : encode(this.scalar(part)))).join('');
  }

  private scalar(reference: Reference): string {
    const found = this.look(reference);
    if (typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean') return String(found);
    throw new TemplateError(`{{${nameOf(reference)}}} is no text, number or boolean and cannot stand within a text`);
  }

  /** @throws TemplateError where the result has no such member */
  private look(reference: Reference): unknown {
    let at: unknown = this.resultOf(reference.operation);
    for (const name of reference.path) {
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name))
        throw new TemplateError(`{{${nameOf(reference)}}}: the result has no "${name.slice(0, 80)}" there`);
      at = (at as Record<string, unknown>)[name];
    }
    let size = this.sizes.get(at);
    if (size === undefined) this.sizes.set(at, (size = JSON.stringify(at).length));
    this.inserted += size;
    if (this.inserted > this.maxBytes)
      throw new TemplateError(`The references of the operation stand for more than ${this.maxBytes} bytes`);
    return at;
  }
}

const nameOf = ({ operation, path }: Reference): string => [operation, ...path].join('.').slice(0, 200);
