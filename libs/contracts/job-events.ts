import { z } from 'zod';
import { queryInteger } from './common.js';
import { job } from './jobs.js';

/** A job without what does not change on its way: what a stream says of it. */
export const jobStatus = job.omit({ params: true, result: true }).meta({ id: 'JobStatus' });
export type JobStatus = z.infer<typeof jobStatus>;

export const jobEventsQuery = z.strictObject({
  after: queryInteger(0, 2_147_483_647)
    .optional()
    .meta({
      description:
        'Begins with the lines of the log beyond this `seq`; 0: with the first that is kept. `Last-Event-ID` says the ' +
        'same. Without either only lines that come from now on are sent.',
    }),
});
export type JobEventsQuery = z.output<typeof jobEventsQuery>;
