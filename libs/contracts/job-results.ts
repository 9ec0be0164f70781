import { z } from 'zod';
import { utcTime } from './common.js';

const EXAMPLE = {
  name: 'events.csv',
  media_type: 'text/csv; charset=utf-8',
  bytes: 1048576,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};

/** A file that a job made. Its bytes stand in the store of result files, under the job and their hash. */
export const resultFile = z
  .object({
    name: z
      .string()
      .min(1)
      .max(200)
      // eslint-disable-next-line no-control-regex -- a name that is saved under must not hold them
      .regex(/^[^\u0000-\u001f\u007f/\\]+$/, 'must hold neither slashes nor control characters')
      .refine((name) => name.isWellFormed(), 'must not hold half a character')
      .meta({ description: 'What it is saved as.', examples: ['events.csv'] }),
    media_type: z.string().regex(/^[\w.+-]+\/[\w.+-]+(; ?[\w-]+=[\w.-]+)?$/),
    bytes: z.int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  })
  .meta({
    id: 'ResultFile',
    description: 'A file that a job made, to be downloaded from its result.',
    examples: [EXAMPLE],
  });
export type ResultFile = z.infer<typeof resultFile>;

/** What a job's result is, where its type says nothing more: JSON, which may name a file. */
export const jobResult = z.record(z.string(), z.unknown()).meta({
  id: 'JobResult',
  description: 'As the type of the job has it.',
  examples: [{ model_version: 'fire-3' }],
});

const LONGEST_LINK_SECONDS = 7 * 24 * 3_600;

export const resultLinkInput = z
  .strictObject({
    expires_in_seconds: z
      .int()
      .min(1)
      .max(LONGEST_LINK_SECONDS)
      .default(3_600)
      .meta({ description: 'How long the link is good; never longer than the file is kept.' }),
  })
  .meta({ id: 'ResultLinkInput', examples: [{ expires_in_seconds: 900 }] });
export type ResultLinkInput = z.output<typeof resultLinkInput>;

export const resultLink = z
  .object({
    url: z.string().meta({
      description: 'Relative to the address of the platform. Whoever has it may download the file, and nothing else.',
    }),
    expires_at: utcTime,
    file: resultFile,
  })
  .meta({
    id: 'ResultLink',
    examples: [
      {
        url: `/api/v1/jobs/0f3d2a9c-5b1e-4c77-9a52-6f0e7d1c8b34/result/file?sha256=${EXAMPLE.sha256}&expires=1769850000&signature=q1b3Yw`,
        expires_at: '2026-01-31T09:00:00.000Z',
        file: EXAMPLE,
      },
    ],
  });
export type ResultLink = z.infer<typeof resultLink>;

/** What a link carries. All of it is signed; what is missing or another's is refused as one that nobody made. */
export const resultLinkQuery = z.strictObject({
  sha256: z.string().max(64).default('').meta({ description: 'Of the file, from the link.' }),
  expires: z.string().max(20).default('').meta({ description: 'Seconds since 1970, from the link.' }),
  signature: z.string().max(64).default('').meta({ description: 'From the link.' }),
});
export type ResultLinkQuery = z.output<typeof resultLinkQuery>;
