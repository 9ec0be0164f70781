import { z } from 'zod';
import { defineConfig, integer } from '#platform';

export const accessConfig = defineConfig('access', {
  STRISK_ADMIN_TOKEN: z
    .string()
    .min(32, 'must have at least 32 characters')
    .regex(/^[A-Za-z0-9._~+/=-]+$/, 'may hold letters, digits and . _ ~ + / = - alone')
    .optional()
    .describe(
      "The first administrator's token, at least 32 characters; unset: one is made and kept in DATA_DIR/admin-token",
    ),
  RATE_LIMIT_PER_MINUTE: integer(1, 100_000_000)
    .default(1000)
    .describe('Requests a minute for a token, and for an address without one (1000)'),
});
