/** Writes the client's types from the committed OpenAPI document: `npm run client`. */
import { readFile, writeFile } from 'node:fs/promises';
import { generatedTypes } from '../client-types/generated.ts';

const root = new URL('../../../', import.meta.url);
const document = await readFile(new URL('docs/openapi.json', root), 'utf8');
await writeFile(new URL('libs/client/schema.ts', root), await generatedTypes(document));
