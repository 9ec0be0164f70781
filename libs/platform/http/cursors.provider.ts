import type { FactoryProvider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Cursors } from './cursors.js';

/** Signs with the key that the first migration made, which every replica reads. */
export const cursorsProvider: FactoryProvider<Cursors> = {
  provide: Cursors,
  inject: [getDataSourceToken()],
  useFactory: async (postgres: DataSource) => {
    const [row] = await postgres.query<{ secret: Buffer }[]>(
      `SELECT secret FROM platform_secrets WHERE name = 'cursors'`,
    );
    if (!row) throw new Error('The key of the cursors is missing: run the migrations');
    return new Cursors(row.secret);
  },
};
