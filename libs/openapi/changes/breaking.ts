import type { JsonSchema } from '../document/json-schema.js';
import type { MediaType, OpenApiDocument, Operation, Parameter, Reference } from '../document/parts.js';
import { type Direction, narrowings } from './narrowings.js';

/** What a client written for the first document may trip over with the second, one line each. */
export function breakingChanges(before: OpenApiDocument, after: OpenApiDocument): string[] {
  return Object.entries(before.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).flatMap(([verb, old]) => {
      const where = `${verb.toUpperCase()} ${path}`;
      const now = after.paths[path]?.[verb];
      if (!now) return [`${where}: is gone`];
      return new Operations(before, after, where).compare(old, now);
    }),
  );
}

class Operations {
  constructor(
    private readonly before: OpenApiDocument,
    private readonly after: OpenApiDocument,
    private readonly where: string,
  ) {}

  compare(old: Operation, now: Operation): string[] {
    return [
      ...this.names(old, now),
      ...this.access(old, now),
      ...this.parameters(old, now),
      ...this.body(old, now),
      ...this.answers(old, now),
    ].map((what) => `${this.where}: ${what}`);
  }

  /** Generated clients name their methods after it. */
  private names(old: Operation, now: Operation): string[] {
    return old.operationId === now.operationId ? [] : [`operationId ${old.operationId} → ${now.operationId}`];
  }

  private access(old: Operation, now: Operation): string[] {
    if (now.security.length === 0) return [];
    if (old.security.length === 0) return ['was open to everyone and needs a token'];
    const scopes = ({ security }: Operation) => security.flatMap((one) => Object.values(one).flat());
    const wanted = scopes(now).filter((scope) => !scopes(old).includes(scope));
    return wanted.map((scope) => `needs the scope ${scope}`);
  }

  private parameters(old: Operation, now: Operation): string[] {
    const had = this.parametersOf(old, this.before);
    const has = this.parametersOf(now, this.after);
    const gone = [...had].flatMap(([key, one]) => {
      const other = has.get(key);
      if (!other) return [`${key}: is not taken any more`];
      return [
        ...(other.required && !one.required ? [`${key}: must be given`] : []),
        ...this.schemas(one.schema, other.schema, 'request').map((reason) => `${key}: ${reason}`),
      ];
    });
    const wanted = [...has].filter(([key, one]) => one.required === true && !had.has(key));
    return [...gone, ...wanted.map(([key]) => `${key}: must be given`)];
  }

  private parametersOf({ parameters = [] }: Operation, document: OpenApiDocument): Map<string, Parameter> {
    return new Map(
      parameters.map((each) => {
        const one = '$ref' in each ? referredTo(each, document) : each;
        return [`${one.in} ${one.name}`, one];
      }),
    );
  }

  private body(old: Operation, now: Operation): string[] {
    if (!old.requestBody) return now.requestBody?.required ? ['a body must be given'] : [];
    if (!now.requestBody) return ['takes no body any more'];
    return [
      ...(now.requestBody.required && !old.requestBody.required ? ['a body must be given'] : []),
      ...this.contents(old.requestBody.content, now.requestBody.content, 'request'),
    ];
  }

  /** Good answers alone: problems are branched on by their codes, which the registry keeps. */
  private answers(old: Operation, now: Operation): string[] {
    return Object.entries(old.responses)
      .filter(([status]) => status.startsWith('2'))
      .flatMap(([status, response]) => {
        const other = now.responses[status];
        if (!other) return [`answers ${status} no more`];
        const headers = Object.keys(response.headers ?? {}).filter((name) => !(name in (other.headers ?? {})));
        return [
          ...headers.map((name) => `${status}: header ${name} is gone`),
          ...this.contents(response.content ?? {}, other.content ?? {}, 'response').map((what) => `${status}: ${what}`),
        ];
      });
  }

  private contents(old: Record<string, MediaType>, now: Record<string, MediaType>, direction: Direction): string[] {
    return Object.entries(old).flatMap(([type, media]) => {
      const other = now[type];
      if (!other) return [`${type} is gone`];
      return this.schemas(media.schema ?? {}, other.schema ?? {}, direction).map((reason) => `${type}: ${reason}`);
    });
  }

  private schemas(old: JsonSchema, now: JsonSchema, direction: Direction): string[] {
    const was = { schema: old, components: this.before.components.schemas };
    const is = { schema: now, components: this.after.components.schemas };
    return direction === 'request' ? narrowings(was, is, direction) : narrowings(is, was, direction);
  }
}

function referredTo({ $ref }: Reference, document: OpenApiDocument): Parameter {
  const found = document.components.parameters[$ref.slice($ref.lastIndexOf('/') + 1)];
  if (!found) throw new Error(`${$ref} leads nowhere`);
  return found;
}
