import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { generatedTypes } from './generated.js';

const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');

it('makes the types that libs/client/schema.ts holds (npm run client writes them)', async () => {
  expect(await generatedTypes(await read('docs/openapi.json'))).toBe(await read('libs/client/schema.ts'));
}, 30_000);
