import { z } from 'zod';
import { problem } from '#contracts';
import type { AnswerFormat, DocumentedBody } from '#platform';
import type { Components } from './components.js';
import { errorsOf } from './errors.js';
import { type MediaType, ref, type Reference, type Response } from './parts.js';
import type { Route } from './routes.js';
import { HEADER_NAMES } from './shared.js';

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

/** What the formats beside JSON are sent as, and what stands in them. */
const FORMATS: Record<AnswerFormat, { mediaType: string; media: MediaType }> = {
  ndjson: {
    mediaType: 'application/x-ndjson',
    media: { schema: { type: 'string', description: 'One JSON object a line, with the fields of the items.' } },
  },
  csv: {
    mediaType: 'text/csv',
    media: { schema: { type: 'string', description: 'A header line, then one row an item (RFC 4180).' } },
  },
  geojson: {
    mediaType: 'application/geo+json',
    media: {
      schema: {
        type: 'object',
        description: 'A FeatureCollection (RFC 7946), one feature an item, its fields as properties.',
        properties: {
          type: { const: 'FeatureCollection' },
          features: { type: 'array', items: { type: 'object' } },
        },
        required: ['type', 'features'],
      },
    },
  },
  parquet: { mediaType: 'application/vnd.apache.parquet', media: { schema: { type: 'string', format: 'binary' } } },
  arrow: { mediaType: 'application/vnd.apache.arrow.stream', media: { schema: { type: 'string', format: 'binary' } } },
};

/** Every response of a route: the good one, 304, those its decorators add, and its problems. */
export function responsesOf(route: Route, components: Components): Record<string, Response> {
  const responses: Record<string, Response> = { [route.status]: goodAnswer(route, components) };
  if (isTagged(route))
    responses['304'] = { description: 'What the client has still holds.', headers: headers('RequestId', 'ETag') };
  for (const [status, answer] of Object.entries(route.documented.answers ?? {}))
    responses[status] = {
      description: answer.description,
      headers: headers('RequestId', ...(status === '503' ? ['RetryAfter'] : [])),
      content: { [answer.mediaType ?? JSON_TYPE]: mediaOf(answer, components) },
    };
  for (const [status, codes] of errorsOf(route)) {
    const other = responses[status];
    responses[status] = {
      description: [...(other ? [other.description] : []), ...codes.map((code) => `\`${code}\``)].join(', '),
      headers: { ...other?.headers, ...problemHeaders(route, status) },
      content: {
        ...other?.content,
        [PROBLEM_TYPE]: {
          schema: components.output(problem),
          examples: Object.fromEntries(codes.map((code) => [code, ref('examples', code)])),
        },
      },
    };
  }
  return Object.fromEntries(Object.entries(responses).sort(([a], [b]) => Number(a) - Number(b)));
}

/** A body that a handler reads or writes itself. */
export function mediaOf(
  { schema, example }: DocumentedBody,
  components: Components,
  io: 'input' | 'output' = 'output',
) {
  return {
    schema: schema ? components[io](schema) : { type: 'string', format: 'binary' },
    ...(example === undefined ? {} : { example }),
  } satisfies MediaType;
}

function goodAnswer(route: Route, components: Components): Response {
  const { answers, status } = route;
  const sent = headers(
    'RequestId',
    ...(isTagged(route) ? ['ETag', 'CacheControl'] : []),
    ...(isPage(answers.schema) ? ['Link'] : []),
    ...(route.cached ? ['XCache', 'Age'] : []),
    ...(route.idempotent ? ['IdempotentReplayed'] : []),
    ...(route.documented.headers ?? []),
    ...budget(route),
  );
  if (status === 204) return { description: 'Done.', headers: sent };
  const example = answers.example === undefined ? {} : { example: answers.example };
  const content: Record<string, MediaType> = {};
  if (answers.schema)
    content[answers.mediaType ?? JSON_TYPE] = { schema: components.output(answers.schema), ...example };
  else if (answers.mediaType !== undefined) content[answers.mediaType] = { ...schemaOf(answers.mediaType), ...example };
  for (const format of answers.formats ?? []) content[FORMATS[format].mediaType] = FORMATS[format].media;
  return { description: answers.summary, headers: sent, content };
}

/** Of bytes and text that no schema of ours reads. OpenAPI 3.1 has no word for the events of a stream. */
function schemaOf(mediaType: string): Pick<MediaType, 'schema'> {
  if (mediaType === 'text/event-stream') return {};
  return { schema: mediaType.startsWith('text/') ? { type: 'string' } : { type: 'string', format: 'binary' } };
}

/** A whole GET carries a tag and can be asked for again by it; what is streamed has none. */
function isTagged(route: Route): boolean {
  return route.verb === 'get' && route.answers.deadlineMs !== null;
}

/** Whether the answer is one page of a list. */
function isPage(schema: z.ZodType | undefined): boolean {
  return schema instanceof z.ZodObject && 'data' in schema.shape && 'page' in schema.shape;
}

const BUDGET = ['RateLimitLimit', 'RateLimitRemaining', 'RateLimitReset', 'RateLimitPolicy', 'RateLimit'];
const budget = ({ access }: Route) => (access.public ? [] : BUDGET);

function problemHeaders(route: Route, status: number): Record<string, Reference> {
  return headers(
    'RequestId',
    ...(status === 401 ? ['WwwAuthenticate'] : []),
    ...(status === 429 || status === 503 ? ['RetryAfter'] : []),
    ...(status === 429 ? budget(route) : []),
  );
}

function headers(...names: string[]): Record<string, Reference> {
  return Object.fromEntries(names.map((name) => [HEADER_NAMES[name] ?? name, ref('headers', name)]));
}
