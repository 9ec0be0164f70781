import { z } from 'zod';
import { bbox, eventType, horizonHours, timestamp } from './common.js';
import { resultFile } from './job-results.js';

/** Of jobs that write what the lists answer to a file. */
export const exportParams = z
  .strictObject({
    of: z.enum(['events', 'risks', 'risk-map']).meta({ description: 'What is written.' }),
    format: z.enum(['csv', 'ndjson', 'geojson', 'parquet']),
    event_type: eventType.optional(),
    from: timestamp.optional().meta({ description: 'Of events and risks: none before it.' }),
    to: timestamp.optional().meta({ description: 'Of events and risks: none from it on.' }),
    // Kept as it was sent, for a worker reads the parameters again.
    bbox: z
      .string()
      .refine((text) => bbox.safeParse(text).success, 'must be west,south,east,north in degrees, south not above north')
      .optional()
      .meta({ description: '`west,south,east,north` in degrees.' }),
    horizon: horizonHours.optional().meta({ description: 'Of the risk map: hours ahead (24).' }),
  })
  .refine(({ of, from, to }) => of !== 'risk-map' || (from === undefined && to === undefined), {
    path: ['from'],
    message: 'a risk map has no span of time; give a horizon',
  })
  .refine(({ of, horizon }) => of === 'risk-map' || horizon === undefined, {
    path: ['horizon'],
    message: 'is of the risk map alone',
  })
  .refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) < Date.parse(to), {
    path: ['to'],
    message: 'must be after from',
  });

export const exportResult = z.object({
  file: resultFile,
  rows: z.int(),
  bytes: z.int(),
  sha256: z.string(),
});
