import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import '#access';
import '#jobs';
import { cacheDefinitions } from '#platform';
import '#risk';

const MINUTE_MS = 60_000;
const UNITS: Record<string, number> = { s: 1_000, min: MINUTE_MS, h: 60 * MINUTE_MS, d: 24 * 60 * MINUTE_MS };

function milliseconds(text: string): number {
  if (text === 'until invalidated') return Infinity;
  if (text === '–') return 0;
  const [number = '', unit = ''] = text.split(' ');
  return Number(number) * (UNITS[unit] ?? Number.NaN);
}

it('docs/caching.md tells of every cache what its definition says', () => {
  const page = readFileSync(new URL('../../../docs/caching.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` +\| +(.+?) +\| +(.+?) +\| +(.+?) +\|/gm)];
  const told = rows.map(([, name, fresh = '', old = '', levels]) => [
    name,
    milliseconds(fresh),
    milliseconds(old),
    levels === 'memory, Redis',
  ]);
  const defined = cacheDefinitions().map(({ name, ttlMs, staleMs, codec }) => [
    name,
    ttlMs,
    staleMs,
    codec !== undefined,
  ]);
  expect(told).toEqual(defined);
});
