import { randomUUID } from 'node:crypto';
import type { JobType } from '#contracts';
import { kindOf, type QueueName } from '../catalog/catalog.js';

/** A row of the outbox whose turn it is. */
export interface Due {
  job_id: string;
  namespace_id: string;
  type: JobType;
  priority: number;
  seq: string;
}

/** One message of a queue: jobs that a worker does one after the other. */
export interface Parcel {
  delivery: string;
  queue: QueueName;
  jobs: string[];
}

/**
 * Jobs a message carries at most. Many small jobs in one message cost the queue little; a worker gives back what it
 * has not begun within moments, so that no job waits behind a long one while other workers are free.
 */
const MOST = 16;
/** Messages that as many jobs are spread over before any carries two: workers and slots that may be free. */
const SPREAD = 16;

/** Packs what is due into messages: namespaces take turns, and within one the urgent come first. */
export function pack(due: readonly Due[]): Parcel[] {
  const parcels: Parcel[] = [];
  const byQueue = Map.groupBy(inTurns(due), ({ type }) => kindOf(type).queue);
  for (const [queue, jobs] of byQueue) {
    const size = Math.max(1, Math.min(MOST, Math.floor(jobs.length / SPREAD)));
    let open: Parcel | undefined;
    for (const { job_id, type } of jobs) {
      // What is given back would be counted twice against its rate.
      const alone = kindOf(type).rateLimit !== undefined;
      if (alone) parcels.push({ delivery: randomUUID(), queue, jobs: [job_id] });
      else {
        if (!open || open.jobs.length === size) parcels.push((open = { delivery: randomUUID(), queue, jobs: [] }));
        open.jobs.push(job_id);
      }
    }
  }
  return parcels;
}

/** The first of every namespace, then the second of every namespace, and so on. */
function inTurns(due: readonly Due[]): Due[] {
  const turns: { turn: number; job: Due }[] = [];
  for (const jobs of Map.groupBy(due, ({ namespace_id }) => namespace_id).values())
    for (const [turn, job] of jobs
      .toSorted((a, b) => a.priority - b.priority || Number(a.seq) - Number(b.seq))
      .entries())
      turns.push({ turn, job });
  return turns.sort((a, b) => a.turn - b.turn).map(({ job }) => job);
}
