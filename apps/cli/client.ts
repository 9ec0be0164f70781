import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Address, ApiProblem, type Patience, Transport } from '#client';
import { page, problem } from '#contracts';
import { CliFailure, EXIT, ServerFailure, interrupted, systemCode } from './failure.js';
import { BRIEF, isTransient } from './retry.js';
import type { Settings } from './settings.js';

export type Query = Readonly<Record<string, string | number | undefined>>;

export interface RequestOptions {
  query?: Query;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, with these headers. */
  raw?: { bytes: Uint8Array<ArrayBuffer>; headers: Record<string, string> };
  accept?: string;
  patience?: Patience;
  /** Longest wait for the answer to begin and, unless it is streamed, to end. */
  timeoutMs?: number;
  /** Told of every failed attempt that is followed by another. */
  onRetry?: (reason: string, waitMs: number) => void;
}

const TIMEOUT_MS = 60_000;
const API = '/api/v1';

type Method = 'GET' | 'POST' | 'DELETE';
/** The addresses of the API that take a method, so that one that is not there does not compile. */
type AddressOf<M extends Method> = Address<Lowercase<M>>;

/**
 * The platform's API for commands: every failure as a CliFailure that says what happened, every answer checked against
 * its contract.
 */
export class Client {
  private readonly transport: Transport;

  constructor(
    readonly settings: Settings,
    private readonly signal: AbortSignal,
    version: string,
  ) {
    const { token, namespace } = settings;
    const headers = { 'user-agent': `strisk/${version} node/${process.versions.node}` };
    this.transport = new Transport({ token, namespace, signal, headers });
  }

  /** One JSON answer, parsed by the contract's schema. Paths are below /api/v1. */
  async json<S extends z.ZodType, M extends Method>(
    schema: S,
    method: M,
    path: AddressOf<M>,
    options: RequestOptions = {},
  ): Promise<z.output<S>> {
    const answer = await this.send(method, API + path, options, async (response) => parseJson(await response.text()));
    return this.parse(schema, answer, path);
  }

  /** Like {@link json} for an answer without a body. */
  async nothing<M extends Method>(method: M, path: AddressOf<M>, options: RequestOptions = {}): Promise<void> {
    await this.send(method, API + path, options, (response) => response.arrayBuffer());
  }

  /** `GET /ready` beside the API: also a 503 is an answer here. */
  async readiness<S extends z.ZodType>(schema: S): Promise<z.output<S>> {
    try {
      return this.parse(
        schema,
        await this.send('GET', '/ready', { patience: { ...BRIEF, attempts: 1 } }, async (r) =>
          parseJson(await r.text()),
        ),
        '/ready',
      );
    } catch (error) {
      if (error instanceof ServerFailure && error.status === 503) {
        const parsed = schema.safeParse(error.body);
        if (parsed.success) return parsed.data;
      }
      throw error;
    }
  }

  /** Every item of a list, following its cursor to the end, in the list's order. */
  async *items<S extends z.ZodType>(item: S, path: AddressOf<'GET'>, query: Query = {}): AsyncGenerator<z.output<S>[]> {
    const schema = z.object({ data: z.array(item), page });
    let cursor: string | undefined;
    do {
      const answer = await this.json(schema, 'GET', path, { query: { limit: 1000, ...query, cursor } });
      yield answer.data;
      cursor = answer.page.has_more ? (answer.page.next_cursor ?? undefined) : undefined;
    } while (cursor !== undefined);
  }

  /** All items of a list that is known to be short. */
  async all<S extends z.ZodType>(item: S, path: AddressOf<'GET'>, query: Query = {}): Promise<z.output<S>[]> {
    const all: z.output<S>[] = [];
    for await (const items of this.items(item, path, query)) all.push(...items);
    return all;
  }

  /** An answer's body as it arrives. A connection that breaks on the way raises CliFailure, so half a body is never taken for one. */
  async *stream(path: AddressOf<'GET'>, options: RequestOptions = {}): AsyncGenerator<Uint8Array> {
    const response = await this.send('GET', API + path, options, (r) => Promise.resolve(r), true);
    if (response.body === null) return;
    try {
      for await (const piece of response.body) yield piece;
    } catch (error) {
      throw this.failureOf(error, 'The connection broke before the answer was complete');
    }
  }

  private async send<T>(
    method: string,
    path: string,
    options: RequestOptions,
    take: (response: Response) => Promise<T>,
    streamed = false,
  ): Promise<T> {
    const url = new URL(this.settings.url + path);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const body = options.raw?.bytes ?? (options.body === undefined ? null : JSON.stringify(options.body));
    const request = new Request(url, { method, headers: headersOf(method, options), body, redirect: 'manual' });
    const unreachable = `Could not reach ${this.settings.url}`;
    const { onRetry } = options;
    try {
      const response = await this.transport.send(request, {
        patience: options.patience ?? BRIEF,
        timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
        streamed,
        // Whatever the command does may be done again: changes carry a key, and events their ids.
        again: (_request, status, code) => status === 0 || isTransient(status, code),
        ...(onRetry
          ? { onRetry: (failure, waitMs) => onRetry(this.failureOf(failure, unreachable).message, waitMs) }
          : {}),
      });
      return await take(response);
    } catch (error) {
      throw this.failureOf(error, unreachable);
    }
  }

  private failureOf(error: unknown, what: string): CliFailure {
    if (error instanceof CliFailure) return error;
    if (error instanceof ApiProblem) return serverFailure(error);
    if (this.signal.aborted) return interrupted('Interrupted.');
    if (error instanceof Error && error.name === 'TimeoutError') {
      return new CliFailure(`${what}: no answer in time.`, EXIT.unreachable, [], { cause: error });
    }
    const code = systemCode(error);
    const known = code === null ? undefined : NETWORK_REASONS[code];
    const inner = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    const hints =
      code === 'ECONNREFUSED' ? ['Is the platform running ("npm start")? --url or STRISK_URL says where it is.'] : [];
    return new CliFailure(`${what}: ${known ?? inner}.`, EXIT.unreachable, hints, { cause: error });
  }

  private parse<S extends z.ZodType>(schema: S, answer: unknown, path: string): z.output<S> {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw new CliFailure(
      `The answer to ${path} is not what this version of strisk understands${where}.`,
      EXIT.failure,
      [`Is ${this.settings.url} an ST Risk Platform of the same version?`],
    );
  }
}

const NETWORK_REASONS: Partial<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped arriving',
};

function headersOf(method: string, { accept, raw, body }: RequestOptions): Record<string, string> {
  return {
    accept: accept ?? 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    // One key for all attempts of one request: the server answers a repeated one with the first one's answer.
    ...(method === 'POST' && raw === undefined ? { 'idempotency-key': randomUUID() } : {}),
    ...raw?.headers,
  };
}

function serverFailure({ status, response, text }: ApiProblem): ServerFailure {
  const body = parseJson(text);
  const parsed = problem.safeParse(body);
  if (parsed.success) return ServerFailure.ofProblem(parsed.data);
  return new ServerFailure(`The server answered ${status} ${response.statusText}`.trim() + '.', status, null, body);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
