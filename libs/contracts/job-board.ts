import { z } from 'zod';
import { utcTime } from './common.js';

export const boardSession = z
  .object({
    url: z.string().meta({ description: 'Of the board, relative to the address of the platform.' }),
    expires_at: utcTime,
  })
  .meta({ id: 'BoardSession', examples: [{ url: '/bull-board/', expires_at: '2026-01-31T08:15:00.000Z' }] });
export type BoardSession = z.infer<typeof boardSession>;
