import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

/** `source` makes `#geo` and its siblings mean the TypeScript in libs/, so tests never run against a stale build. */
// Not `module`, which Node does not know: what a package has there is for bundlers, and may be nothing that Node can load.
const conditions = ['source', ...defaultServerConditions.filter((condition) => condition !== 'module')];
const notOurs = ['**/node_modules/**', '**/dist/**', 'data/**'];
const postgres = 'libs/testing/postgres/global-setup.ts';

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Child processes and not worker threads: chDB and other native addons hold one engine per process.
    pool: 'forks',
    passWithNoTests: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{apps,libs,deploy,loadtests}/**/*.spec.ts'],
          exclude: [...notOurs, '**/*.medium.spec.ts', 'apps/*/test/**'],
          testTimeout: 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'medium',
          include: ['{apps,libs}/**/*.medium.spec.ts'],
          exclude: [...notOurs, 'apps/*/test/**'],
          globalSetup: [postgres],
          // Each of these files drives servers of its own; more workers than this fight over two cores and time out.
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['apps/*/test/**/*.spec.ts'],
          exclude: notOurs,
          globalSetup: [postgres],
          // One whole platform at a time: these tests measure as well as assert.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
