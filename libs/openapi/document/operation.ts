import type { Components } from './components.js';
import type { JsonSchema } from './json-schema.js';
import { type Operation, type Parameter, ref, type Reference, type RequestBody } from './parts.js';
import { mediaOf, responsesOf } from './responses.js';
import type { Route } from './routes.js';
import { fieldsOf } from './selectable.js';

/** Milliseconds a request may take where its route says nothing else. */
const DEADLINE_MS = 5_000;

/** A route as an operation of the document. */
export function operationOf(route: Route, components: Components): Operation {
  const { answers, access } = route;
  const deadline = answers.deadlineMs === undefined ? DEADLINE_MS : answers.deadlineMs;
  const parameters = parametersOf(route, components);
  const body = bodyOf(route, components);
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: answers.summary,
    description: [answers.description, accessSentence(route), deadlineSentence(deadline)]
      .filter((part) => part !== undefined)
      .join('\n\n'),
    security: access.public ? [] : [{ bearer: access.scope === 'any' ? [] : [access.scope] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body ? { requestBody: body } : {}),
    responses: responsesOf(route, components),
    'x-deadline-ms': deadline,
  };
}

function accessSentence({ access }: Route): string {
  if (access.public) return 'Open to everyone.';
  return access.scope === 'any' ? 'Any good token.' : `Needs the scope \`${access.scope}\`.`;
}

function deadlineSentence(deadline: number | null): string {
  return deadline === null
    ? 'No deadline: the answer flows as long as it is read.'
    : `Answered within ${deadline / 1000} s, or ended with \`DEADLINE_EXCEEDED\`.`;
}

function parametersOf(route: Route, components: Components): (Parameter | Reference)[] {
  const { access, params, query, headers, answers } = route;
  const own: (Parameter | Reference)[] = params.map(({ name, schema }) => ({
    ...parameter(name, 'path', schema ? components.input(schema) : { type: 'string' }),
    required: true,
  }));
  if (query) {
    const { properties = {}, required = [] } = components.input(query);
    for (const [name, schema] of Object.entries(properties))
      own.push({ ...parameter(name, 'query', schema), ...(required.includes(name) ? { required: true } : {}) });
  }
  if (answers.formats && !(query && 'format' in query.shape))
    own.push(parameter('format', 'query', { ...FORMAT, enum: ['json', ...answers.formats] }));
  const fields = fieldsOf(route);
  if (fields.length > 0) own.push(fieldsParameter(fields));
  if (!access.public && access.namespace) own.push(ref('parameters', 'Namespace'));
  if (route.idempotent) own.push(ref('parameters', 'IdempotencyKey'));
  if (headers.includes('if-match')) own.push(ref('parameters', 'IfMatch'));
  if (route.verb === 'get' && answers.deadlineMs !== null) own.push(ref('parameters', 'IfNoneMatch'));
  own.push(ref('parameters', 'RequestId'));
  return own;
}

const FORMAT: JsonSchema = {
  type: 'string',
  description: 'How the answer is written; has the say over `Accept`.',
};

function fieldsParameter(fields: string[]): Parameter {
  const names = fields.map((name) => `\`${name}\``).join(', ');
  return parameter('fields', 'query', {
    type: 'string',
    minLength: 1,
    maxLength: 4_000,
    description:
      `The fields wanted, separated by commas, nested ones with dots, of: ${names}. The answer then holds only those, ` +
      'whatever its schema requires.',
  });
}

/** What a schema says of itself stands beside the name, where readers and generators look for it. */
function parameter(name: string, place: 'path' | 'query', schema: JsonSchema): Parameter {
  const { description, ...rest } = schema;
  return { name, in: place, ...(description === undefined ? {} : { description }), schema: rest };
}

function bodyOf(route: Route, components: Components): RequestBody | undefined {
  const { body, documented } = route;
  if (documented.body) {
    const kinds = Object.entries(documented.body);
    return {
      description: kinds.map(([type, { description }]) => `\`${type}\`: ${description}`).join('\n\n'),
      required: true,
      content: Object.fromEntries(kinds.map(([type, one]) => [type, mediaOf(one, components, 'input')])),
    };
  }
  if (!body) return undefined;
  return {
    description: 'JSON of at most 16 MB, nested at most 32 deep.',
    required: !body.safeParse(undefined).success,
    content: { 'application/json': { schema: components.input(body) } },
  };
}
