/** Milliseconds a budget is for. It begins with the caller's first request and is then full again. */
export const WINDOW_MS = 60_000;

/** Redis and this process do not read the same clock; a window that should last this much longer has not just ended. */
const CLOCK_MS = 1_000;

/** What a caller has used of one window, as far as this process knows. */
export interface Window {
  /** Milliseconds since the epoch. */
  end: number;
  /** Let through by this process. */
  own: number;
  /** Let through by all processes, as Redis last said. */
  shared: number;
  /** On the way to Redis. */
  inFlight: number;
  /** Not on the way yet. */
  pending: number;
}

export function newWindow(now: number): Window {
  return { end: now + WINDOW_MS, own: 0, shared: 0, inFlight: 0, pending: 0 };
}

/** Requests of the window, those of other processes as of the last exchange. */
export function usedOf({ own, shared, inFlight, pending }: Window): number {
  return Math.max(own, shared + inFlight + pending);
}

/** One more was let through. */
export function count(window: Window): void {
  window.own++;
  window.pending++;
}

/** @returns what has to be told to Redis */
export function send(window: Window): number {
  window.inFlight = window.pending;
  window.pending = 0;
  return window.inFlight;
}

/** Nothing was sent: Redis was known to be away. */
export function keep(window: Window): void {
  window.pending += window.inFlight;
  window.inFlight = 0;
}

/** No answer came, so it may have been counted or not. It is never sent twice: a frozen Redis counts it when it thaws. */
export function unanswered(window: Window): void {
  window.shared += window.inFlight;
  window.inFlight = 0;
}

/**
 * What Redis says of the window that all processes share.
 * @param total requests of all processes
 * @param leftMs until the shared window ends
 */
export function answered(window: Window, total: number, leftMs: number, now: number): void {
  const beganAnew = total < window.shared + window.inFlight;
  // A Redis that was restarted or has evicted the counter says the same as a window that has ended, only too early:
  // what was used so far stays used, and the window ends when it would have ended.
  if (beganAnew && window.end - now <= CLOCK_MS) {
    window.end = now + leftMs;
    window.own = window.inFlight + window.pending;
  } else window.end = Math.min(window.end, now + leftMs);
  window.shared = total;
  window.inFlight = 0;
}
