/** Writes `.env.example` from the schemas: `npm run env:example`, after a build. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './prepare.mjs';

const { ENV_EXAMPLE } = await import(join(ROOT, 'dist/apps/all-in-one/env-example.js'));
await writeFile(join(ROOT, '.env.example'), ENV_EXAMPLE);
