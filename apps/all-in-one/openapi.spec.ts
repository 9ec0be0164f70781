import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { written } from '#openapi';
import { OPENAPI_DOCUMENT } from './openapi.js';

interface Example {
  where: string;
  schema: object;
  value: unknown;
}

/** Every example of the document with the schema it stands beside. */
function examplesIn(value: unknown, where = '#'): Example[] {
  if (typeof value !== 'object' || value === null) return [];
  const found: Example[] = [];
  if ('schema' in value && typeof value.schema === 'object' && value.schema && 'example' in value)
    found.push({ where, schema: value.schema, value: value.example });
  if ('examples' in value && Array.isArray(value.examples))
    for (const example of value.examples) found.push({ where, schema: value, value: example });
  for (const [name, inner] of Object.entries(value))
    if (name !== 'example' && name !== 'examples' && name !== 'default')
      found.push(...examplesIn(inner, `${where}/${name}`));
  return found;
}

/** Schemas refer to the document's components; for the validator they are definitions of each schema. */
function validator() {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema({ $id: 'https://document/', components: OPENAPI_DOCUMENT.components });
  return (schema: object, value: unknown) => {
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"https://document/#/components/');
    const check = ajv.compile(JSON.parse(text) as object);
    return check(value) ? [] : (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

describe('the OpenAPI document', () => {
  it('is what docs/openapi.json holds (npm run openapi:update writes it)', async () => {
    expect(written(OPENAPI_DOCUMENT)).toBe(await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8'));
  });

  it('has examples that are what their schemas say', () => {
    const errorsOf = validator();
    const examples = examplesIn(OPENAPI_DOCUMENT);
    expect(examples.length).toBeGreaterThan(50);
    const wrong = examples.flatMap(({ where, schema, value }) =>
      errorsOf(schema, value).map((error) => `${where}: ${error}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has problems that are what the problem schema says', () => {
    const errorsOf = validator();
    for (const [code, { value }] of Object.entries(OPENAPI_DOCUMENT.components.examples))
      expect(errorsOf({ $ref: '#/components/schemas/Problem' }, value), code).toEqual([]);
  });

  it('describes every tag, and says of every operation what it does', () => {
    expect(OPENAPI_DOCUMENT.tags.filter(({ name, description }) => name === description)).toEqual([]);
    for (const operation of Object.values(OPENAPI_DOCUMENT.paths).flatMap((verbs) => Object.values(verbs)))
      expect(operation.summary.length, operation.operationId).toBeGreaterThan(5);
  });

  it('has no reference that leads nowhere', () => {
    const text = JSON.stringify(OPENAPI_DOCUMENT);
    const leads = new Set(
      [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)].map(([, kind, name]) => `${kind}/${name}`),
    );
    const { components } = OPENAPI_DOCUMENT;
    const there = Object.entries(components).flatMap(([kind, all]) =>
      Object.keys(all).map((name) => `${kind}/${name}`),
    );
    expect([...leads].filter((one) => !there.includes(one))).toEqual([]);
  });
});
