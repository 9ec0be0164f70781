/** The parts of the browser that polling depends on, given so that tests can play them. */
export interface PollHost {
  hidden(): boolean;
  /** Calls back when the page is shown again or the network comes back; returns how to stop that. */
  onWake(callback: (why: 'shown' | 'online') => void): () => void;
  setTimer(callback: () => void, ms: number): number;
  clearTimer(timer: number): void;
}

const browserHost: PollHost = {
  hidden: () => document.hidden,
  onWake(callback) {
    const shown = () => {
      if (!document.hidden) callback('shown');
    };
    const online = () => callback('online');
    document.addEventListener('visibilitychange', shown);
    window.addEventListener('online', online);
    return () => {
      document.removeEventListener('visibilitychange', shown);
      window.removeEventListener('online', online);
    };
  },
  setTimer: (callback, ms) => window.setTimeout(callback, ms),
  clearTimer: (timer) => window.clearTimeout(timer),
};

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;

/**
 * How long to wait after `failures` failures in a row: doubling from 2 s up to a minute, spread by up to a quarter so
 * that many pages do not come back in one moment, and never sooner than the server asked for.
 */
export function retryDelay(failures: number, retryAfterMs = 0, random = Math.random): number {
  const doubled = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, failures - 1));
  return Math.max(retryAfterMs, doubled * (1 - random() / 4));
}

export interface Polling {
  /** Runs now, unless it is running. */
  refresh(): void;
  stop(): void;
}

/**
 * Runs `task` now and again, each time after as many milliseconds as it returned. While the page is hidden nothing
 * runs; once it is shown, or the network is back, it runs at once. `null` from the task means: only when asked.
 */
export function startPolling(
  task: (signal: AbortSignal) => Promise<number | null>,
  host: PollHost = browserHost,
): Polling {
  const stopped = new AbortController();
  let timer: number | undefined;
  let running = false;
  let asleep = false;

  const run = async (): Promise<void> => {
    if (running || stopped.signal.aborted) return;
    if (timer !== undefined) host.clearTimer(timer);
    timer = undefined;
    running = true;
    const delay = await task(stopped.signal);
    running = false;
    if (stopped.signal.aborted || delay === null) return;
    timer = host.setTimer(() => {
      timer = undefined;
      if (host.hidden()) asleep = true;
      else void run();
    }, delay);
  };

  const forget = host.onWake((why) => {
    // Shown again while the timer still runs: what is on the screen is recent enough.
    if (why === 'shown' && !asleep) return;
    if (host.hidden()) return;
    asleep = false;
    void run();
  });
  void run();

  return {
    refresh: () => void run(),
    stop() {
      stopped.abort();
      forget();
      if (timer !== undefined) host.clearTimer(timer);
    },
  };
}
