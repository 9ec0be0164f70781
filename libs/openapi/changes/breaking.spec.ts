import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../document/json-schema.js';
import type { OpenApiDocument, Operation, Parameter } from '../document/parts.js';
import { breakingChanges } from './breaking.js';
import { objections } from './policy.js';

const JSON_TYPE = 'application/json';

interface Parts {
  parameters?: Parameter[];
  body?: JsonSchema;
  bodyRequired?: boolean;
  answer?: JsonSchema;
  status?: string;
  scope?: string;
  operationId?: string;
  headers?: string[];
  mediaType?: string;
  schemas?: Record<string, JsonSchema>;
  version?: string;
}

/** A document of one operation. */
function document(parts: Parts = {}): OpenApiDocument {
  const operation: Operation = {
    operationId: parts.operationId ?? 'things.read',
    tags: [],
    summary: '',
    description: '',
    security: parts.scope === undefined ? [] : [{ bearer: [parts.scope] }],
    parameters: parts.parameters ?? [],
    ...(parts.body
      ? { requestBody: { required: parts.bodyRequired ?? true, content: { [JSON_TYPE]: { schema: parts.body } } } }
      : {}),
    responses: {
      [parts.status ?? '200']: {
        description: '',
        headers: Object.fromEntries((parts.headers ?? []).map((name) => [name, { $ref: '#' }])),
        content: { [parts.mediaType ?? JSON_TYPE]: { schema: parts.answer ?? {} } },
      },
    },
  };
  return {
    openapi: '3.1.1',
    info: {
      title: '',
      version: parts.version ?? '1.0.0',
      summary: '',
      description: '',
      license: { name: '', identifier: '' },
    },
    servers: [],
    tags: [],
    paths: { '/things': { get: operation } },
    components: { securitySchemes: {}, schemas: parts.schemas ?? {}, parameters: {}, headers: {}, examples: {} },
  };
}

const query = (name: string, schema: JsonSchema, required = false): Parameter => ({
  name,
  in: 'query',
  schema,
  ...(required ? { required } : {}),
});
const object = (properties: Record<string, JsonSchema>, required: string[] = [], closed = false): JsonSchema => ({
  type: 'object',
  properties,
  required,
  ...(closed ? { additionalProperties: false } : {}),
});
const text: JsonSchema = { type: 'string' };
const number: JsonSchema = { type: 'number' };

const broken = (before: Parts, after: Parts) => breakingChanges(document(before), document(after));

describe('what breaks clients', () => {
  it.each<[string, Parts, Parts, string]>([
    ['another operationId', {}, { operationId: 'things.get' }, 'operationId things.read → things.get'],
    ['a token where none was needed', {}, { scope: 'jobs' }, 'needs a token'],
    ['another scope', { scope: 'risk:read' }, { scope: 'admin' }, 'needs the scope admin'],
    ['a parameter that is gone', { parameters: [query('a', text)] }, {}, 'query a: is not taken any more'],
    ['a new parameter that must be given', {}, { parameters: [query('a', text, true)] }, 'query a: must be given'],
    [
      'a parameter that must now be given',
      { parameters: [query('a', text)] },
      { parameters: [query('a', text, true)] },
      'query a: must be given',
    ],
    [
      'fewer values of a parameter',
      { parameters: [query('a', { type: 'string', enum: ['x', 'y'] })] },
      { parameters: [query('a', { type: 'string', enum: ['x'] })] },
      'no longer y',
    ],
    [
      'an enumeration where any text was good',
      { parameters: [query('a', text)] },
      { parameters: [query('a', { type: 'string', enum: ['x'] })] },
      'was free',
    ],
    [
      'a smaller maximum',
      { parameters: [query('a', { type: 'integer', maximum: 10 })] },
      { parameters: [query('a', { type: 'integer', maximum: 9 })] },
      'maximum 10 → 9',
    ],
    [
      'a pattern',
      { parameters: [query('a', text)] },
      { parameters: [query('a', { type: 'string', pattern: '^x' })] },
      'must match ^x',
    ],
    [
      'whole numbers alone',
      { parameters: [query('a', number)] },
      { parameters: [query('a', { type: 'integer' })] },
      'number is no integer',
    ],
    ['a body where none was', {}, { body: object({}) }, 'a body must be given'],
    ['no body any more', { body: object({}) }, {}, 'takes no body any more'],
    ['a body that must now be given', { body: text, bodyRequired: false }, { body: text }, 'a body must be given'],
    [
      'a field that must now be given',
      { body: object({ a: text }) },
      { body: object({ a: text }, ['a']) },
      'a: must be given',
    ],
    [
      'a field that is not taken any more',
      { body: object({ a: text }, [], true) },
      { body: object({}, [], true) },
      'a: is not taken any more',
    ],
    [
      'a field of a nested list of another type',
      { body: object({ a: { type: 'array', items: object({ b: text }) } }) },
      { body: object({ a: { type: 'array', items: object({ b: number }) } }) },
      'a[].b: string is no number',
    ],
    ['a status that is gone', {}, { status: '201' }, 'answers 200 no more'],
    ['a media type that is gone', {}, { mediaType: 'text/csv' }, `${JSON_TYPE} is gone`],
    ['a header that is gone', { headers: ['ETag'] }, {}, 'header ETag is gone'],
    ['a field that is gone', { answer: object({ a: text }, ['a']) }, { answer: object({}) }, 'a: is gone'],
    ['an optional field that is gone', { answer: object({ a: text }) }, { answer: object({}) }, 'a: is gone'],
    [
      'a field that may be missing',
      { answer: object({ a: text }, ['a']) },
      { answer: object({ a: text }) },
      'a: may be left out',
    ],
    [
      'a field that may be null',
      { answer: object({ a: text }, ['a']) },
      { answer: object({ a: { anyOf: [text, { type: 'null' }] } }, ['a']) },
      'a: null is none of string',
    ],
    [
      'a field of a component of another type',
      { answer: { $ref: '#/components/schemas/Thing' }, schemas: { Thing: object({ a: text }) } },
      { answer: { $ref: '#/components/schemas/Thing' }, schemas: { Thing: object({ a: number }) } },
      'a: number is no string',
    ],
  ])('%s', (_, before, after, expected) => {
    const changes = broken(before, after);
    expect(changes).toHaveLength(1);
    expect(changes[0]).toContain('GET /things');
    expect(changes[0]).toContain(expected);
  });

  it('an operation that is gone', () => {
    expect(breakingChanges(document(), { ...document(), paths: {} })).toEqual(['GET /things: is gone']);
  });
});

describe('what does not', () => {
  it.each<[string, Parts, Parts]>([
    [
      'nothing',
      { body: object({ a: text }), answer: object({ b: text }) },
      { body: object({ a: text }), answer: object({ b: text }) },
    ],
    ['a new parameter', {}, { parameters: [query('a', text)] }],
    [
      'a parameter that may be left out now',
      { parameters: [query('a', text, true)] },
      { parameters: [query('a', text)] },
    ],
    ['a new field of a request', { body: object({}, [], true) }, { body: object({ a: text }, [], true) }],
    [
      'more values of a parameter',
      { parameters: [query('a', { enum: ['x'] })] },
      { parameters: [query('a', { enum: ['x', 'y'] })] },
    ],
    [
      'a larger maximum',
      { parameters: [query('a', { type: 'integer', maximum: 9 })] },
      { parameters: [query('a', { type: 'integer' })] },
    ],
    ['a new field of an answer', { answer: object({}) }, { answer: object({ a: text }, ['a']) }],
    ['a field that is always there now', { answer: object({ a: text }) }, { answer: object({ a: text }, ['a']) }],
    [
      'a new value in an answer',
      { answer: { type: 'string', enum: ['x'] } },
      { answer: { type: 'string', enum: ['x', 'y'] } },
    ],
    ['open to everyone', { scope: 'admin' }, {}],
    ['other words', { answer: { type: 'string', description: 'a' } }, { answer: { type: 'string', description: 'b' } }],
    [
      'a schema that holds itself',
      { answer: { $ref: '#/components/schemas/T' }, schemas: { T: object({ t: { $ref: '#/components/schemas/T' } }) } },
      { answer: { $ref: '#/components/schemas/T' }, schemas: { T: object({ t: { $ref: '#/components/schemas/T' } }) } },
    ],
    [
      'a schema that was given a name',
      { answer: object({ a: object({ b: text }) }) },
      { answer: object({ a: { $ref: '#/components/schemas/A' } }), schemas: { A: object({ b: text }) } },
    ],
  ])('%s', (_, before, after) => expect(broken(before, after)).toEqual([]));

  it('a new operation', () => {
    const after = document();
    after.paths['/others'] = after.paths['/things'] ?? {};
    expect(breakingChanges(document(), after)).toEqual([]);
  });
});

describe('objections', () => {
  const before = document({ answer: object({ a: text }, ['a']) });
  const after = (version: string) => document({ answer: object({}), version });

  it('asks for a higher major', () => {
    expect(objections(before, after('1.1.0'), '## 1.1.0')).toEqual([
      'GET /things: 200: application/json: a: is gone',
      expect.stringContaining('API_VERSION must rise from 1.0.0 to 2.0.0'),
    ]);
  });

  it('asks for an entry in the changelog', () => {
    expect(objections(before, after('2.0.0'), '## 1.0.0').at(-1)).toContain('has no entry "## 2.0.0"');
  });

  it('lets a told break pass, and what is none', () => {
    expect(objections(before, after('2.0.0'), '# Changes\n\n## 2.0.0\n\n- gone')).toEqual([]);
    expect(objections(before, before, '')).toEqual([]);
  });
});
