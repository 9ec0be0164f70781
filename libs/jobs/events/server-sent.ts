export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/**
 * An event as text/event-stream has it (HTML Living Standard, 9.2). JSON holds no line break of its own, so that it is
 * one line of data.
 */
export function serverSent(event: string, data: unknown, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Says nothing, and keeps proxies from thinking that nobody is there. */
export const HEARTBEAT = ': still here\n\n';

/** How long a client waits before it comes back. */
export const retryIn = (ms: number): string => `retry: ${ms}\n\n`;

/** The number in a `Last-Event-ID`; undefined where it is none of ours. */
export function lastEventId(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,10}$/.test(header) ? Number(header) : undefined;
}
