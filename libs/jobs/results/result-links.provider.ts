import type { FactoryProvider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ResultLinks } from './result-links.js';

/** Signs with the key that the migration made, which every replica reads. */
export const resultLinksProvider: FactoryProvider<ResultLinks> = {
  provide: ResultLinks,
  inject: [getDataSourceToken()],
  useFactory: async (postgres: DataSource) => {
    const [row] = await postgres.query<{ secret: Buffer }[]>(
      `SELECT secret FROM platform_secrets WHERE name = 'result-links'`,
    );
    if (!row) throw new Error('The key of the links to results is missing: run the migrations');
    return new ResultLinks(row.secret);
  },
};
