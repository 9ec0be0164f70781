/** What carries the bus between processes. A transport reconnects by itself for as long as it is open. */
export interface Transport {
  readonly kind: 'redis' | 'postgres';
  /** What others publish is received at this moment, as far as is known. */
  readonly connected: boolean;
  /** Connects for the first time; the listener is told of everything that happens from then on. */
  open(listener: TransportListener): void;
  /** Whether the message left this process for certain. Never rejects. */
  send(payload: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface TransportListener {
  received(payload: string): void;
  /** Listening from now on; what was published before may have been missed. */
  connected(): void;
  disconnected(): void;
}

/** How often a quiet connection is asked for a sign of life: a network that swallows packets tells nobody. */
export const HEARTBEAT_MS = 5_000;
export const HEARTBEAT_PATIENCE_MS = 2_000;

/** Milliseconds until the next attempt to connect: doubling from 50 up to a second, spread so that processes do not come all at once. */
export function reconnectDelay(attempt: number, random: () => number = Math.random): number {
  return Math.min(50 * 2 ** Math.min(attempt, 10), 1_000) * (0.75 + random() / 2);
}
