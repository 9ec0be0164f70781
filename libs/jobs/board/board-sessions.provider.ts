import type { FactoryProvider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { BoardSessions } from './board-sessions.js';

/** Signs with the key that the migration made, which every replica reads. */
export const boardSessionsProvider: FactoryProvider<BoardSessions> = {
  provide: BoardSessions,
  inject: [getDataSourceToken()],
  useFactory: async (postgres: DataSource) => {
    const [row] = await postgres.query<{ secret: Buffer }[]>(
      `SELECT secret FROM platform_secrets WHERE name = 'board-sessions'`,
    );
    if (!row) throw new Error('The key of the sessions of the board is missing: run the migrations');
    return new BoardSessions(row.secret);
  },
};
