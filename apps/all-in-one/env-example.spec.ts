import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { ENV_EXAMPLE } from './env-example.js';

it('is what .env.example holds (npm run env:example writes it)', async () => {
  expect(await readFile(new URL('../../.env.example', import.meta.url), 'utf8')).toBe(ENV_EXAMPLE);
});
