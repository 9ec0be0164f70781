import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser URL of the run's PostgreSQL; undefined in projects that start none. */
    postgresUrl: string | undefined;
  }
}

/** One PostgreSQL for all files of a project; vitest calls what is returned when the last of them is done. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  project.provide('postgresUrl', server.url);
  return () => server.stop();
}
