import { type Logger, symbols } from 'pino';
import { redactUrl } from './redact-url.js';
import type { RequestContext } from './request-context.js';

/** Numbers of pino's levels. */
const LEVELS = { info: 30, warn: 40, error: 50 } as const;
export type RequestLevel = keyof typeof LEVELS;

/** How a request ended, whichever way it was answered. */
export interface Ended {
  /** Of characters that need no escape. */
  requestId: string;
  asked: Asked;
  /** undefined: the caller left before there was an answer. */
  status: number | undefined;
  /** The answer did not get to its end: the caller left before or amid it. */
  cut: boolean;
  elapsedMs: number;
  /** Who asked, as `whoOf` writes it. */
  who: string;
}

interface Insides {
  [symbols.streamSym]: { write(line: string): void };
  /** What every line of the logger carries, `,"pid":1,"hostname":"…"`. */
  [symbols.chindingsSym]: string;
}

/**
 * Writes the line of a request to the logger's stream, in the logger's own form. Merging, redacting and serialising
 * objects nobody knows is most of what a line costs, and a tenth of what a kept answer costs; here every field is known,
 * and what is the same for many requests is put together once: few pieces are joined faster than many.
 */
export function writeRequestLine(logger: Logger, level: RequestLevel, ended: Ended): void {
  if (!logger.isLevelEnabled(level)) return;
  const { [symbols.streamSym]: stream, [symbols.chindingsSym]: always } = logger as unknown as Insides;
  const { requestId, asked, status, cut, elapsedMs, who } = ended;
  const answered = status === undefined ? '{}' : `{"status":${status}}`;
  stream.write(
    `{"level":${LEVELS[level]},"time":${Date.now()}${always},"req":{"id":"${requestId}"${asked.line},"res":${answered}` +
      `,"responseTime":${Math.round(elapsedMs * 10) / 10}${who}${cut ? CUT : COMPLETED}`,
  );
}

const COMPLETED = ',"msg":"request completed"}\n';
const CUT = ',"msg":"request cut off"}\n';

/** What was asked for, as the line and the metrics show it. */
export interface Asked {
  method: string;
  /** As it is declared, with names for what varies; undefined where no route matched. */
  route: string | undefined;
  /** A probe, of which nobody wants a line. */
  isProbe: boolean;
  /** Behind the request's id in its line. */
  line: string;
}

/** Probes and scrapes come every few seconds from every side; they would bury the rest. */
const PROBES = new Set(['/health', '/ready', '/metrics']);

export function askedOf(method: string, url: string, route: string | undefined): Asked {
  const line = `,"method":${text(method)},"url":${text(redactUrl(url))}}${optional('route', route)}`;
  return { method, route, isProbe: PROBES.has(url), line };
}

/** The caller as the line shows it. */
export function whoOf({ tokenId, namespaceId }: Pick<RequestContext, 'tokenId' | 'namespaceId'>): string {
  return optional('token_id', tokenId) + optional('namespace', namespaceId);
}

const text = (value: string) => JSON.stringify(value);
const optional = (name: string, value: string | undefined) => (value === undefined ? '' : `,"${name}":${text(value)}`);
