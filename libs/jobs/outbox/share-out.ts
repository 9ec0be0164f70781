import type { JobKind } from '../catalog/catalog.js';

/** The jobs of one type that one namespace has waiting. */
export interface Lane {
  namespaceId: string;
  type: string;
  /** Of them already in the hands of the queue or of a worker. */
  out: number;
  /** When the next start would be due at an even pace; null where none was yet, or no rate is set. Milliseconds. */
  due: number | null;
}

interface Share {
  lane: Lane;
  jobs: number;
}

export interface Shares {
  shares: Share[];
  /** When a lane that its rate holds back may go on; undefined where none is held back. Milliseconds. */
  next: number | undefined;
}

type Rate = NonNullable<JobKind['rateLimit']>;

/**
 * How many jobs of each lane go to the queue now. Those with the fewest out come first and nobody gets much more than
 * the others, so that a namespace with a hundred thousand waiting jobs takes nothing from one that has a single one.
 * @param most jobs in all
 * @param now milliseconds
 */
export function shareOut(
  lanes: readonly Lane[],
  kindOf: (type: string) => JobKind | undefined,
  most: number,
  now: number,
): Shares {
  let next: number | undefined;
  const open: { lane: Lane; free: number }[] = [];
  for (const lane of lanes) {
    const kind = kindOf(lane.type);
    // Of a release that knows more than this one, and publishes it itself.
    if (!kind) continue;
    let free = kind.concurrency - lane.out;
    if (kind.rateLimit && free > 0) {
      free = Math.min(free, startsAllowed(kind.rateLimit, lane.due, now));
      if (free === 0) {
        const at = nextStart(kind.rateLimit, lane.due, now);
        next = next === undefined ? at : Math.min(next, at);
      }
    }
    if (free > 0) open.push({ lane, free });
  }
  // Where there are more lanes than jobs to give out, those come first that have the fewest out.
  const served = open.toSorted((a, b) => a.lane.out - b.lane.out).slice(0, most);
  // Each in its turn may take an even part of what is left; who needs less leaves it to those after.
  served.sort((a, b) => a.free - b.free);
  let left = most;
  const shares: Share[] = [];
  for (const [i, { lane, free }] of served.entries()) {
    const jobs = Math.min(free, Math.floor(left / (served.length - i)));
    shares.push({ lane, jobs });
    left -= jobs;
  }
  return { shares, next };
}

/** Starts that the rate allows at once: GCRA, whose one number per lane is when the next would be due at an even pace. */
export function startsAllowed({ max, perMs }: Rate, due: number | null, now: number): number {
  const from = Math.max(due ?? 0, now);
  return Math.max(0, Math.min(max, Math.floor(((now + perMs - from) * max) / perMs)));
}

/** The lane's `due` after so many more starts. */
export function dueAfter({ max, perMs }: Rate, due: number | null, starts: number, now: number): number {
  return Math.max(due ?? 0, now) + (starts * perMs) / max;
}

function nextStart({ max, perMs }: Rate, due: number | null, now: number): number {
  return Math.max(due ?? 0, now) + perMs / max - perMs;
}
