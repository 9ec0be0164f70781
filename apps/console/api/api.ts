import {
  type AssessAnswer,
  assessAnswer,
  type CellFeatures,
  cellFeatures,
  type Event,
  eventPage,
  type EventTypeSummary,
  eventTypeSummary,
  type Namespace,
  namespacePage,
  type Paged,
  type Risk,
  type RiskMap,
  risk,
  riskMap,
  riskPage,
  type TokenSelf,
  tokenSelf,
} from '#contracts';
import { z } from 'zod';
import { ApiError, errorOfAnswer, errorOfFailure } from './api-error.js';

const BASE = '/api/v1';
const TIMEOUT_MS = 15_000;
/** Pages of namespaces the chooser reads: 20 × 1,000 is more than a chooser can show. */
const MAX_NAMESPACE_PAGES = 20;

const eventTypes = z.object({ data: z.array(eventTypeSummary) });

export interface Credentials {
  readonly token: string;
  /** Sent as `X-Namespace`; null where the token alone says it. */
  readonly namespace: string | null;
}

/** An answer with the tag that asks later whether it still holds. */
export interface Tagged<T> {
  readonly value: T;
  readonly etag: string | null;
}

interface Call {
  method?: 'GET' | 'POST' | 'PATCH';
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

/** The calls the console makes. Every one throws {@link ApiError}, or the signal's reason when it was called off. */
export class Api {
  /** Server's clock minus this machine's, in milliseconds, from the last answer's `Date`: to judge how old data is. */
  private skewMs = 0;

  constructor(
    private readonly credentials: Credentials,
    private readonly onSignedOut: (error: ApiError) => void = () => undefined,
    private readonly fetcher: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  /** The time by the server's clock, in milliseconds since 1970. */
  now(): number {
    return Date.now() + this.skewMs;
  }

  self(signal?: AbortSignal): Promise<TokenSelf> {
    return this.read(tokenSelf, '/tokens/self', { signal });
  }

  async namespaces(signal?: AbortSignal): Promise<Namespace[]> {
    const found: Namespace[] = [];
    let cursor: string | undefined;
    for (let i = 0; i < MAX_NAMESPACE_PAGES; i++) {
      const { data, page } = await this.read(namespacePage, '/namespaces', { query: { limit: 1000, cursor }, signal });
      found.push(...data);
      if (page.next_cursor === null || !page.has_more) break;
      cursor = page.next_cursor;
    }
    return found;
  }

  async eventTypes(signal?: AbortSignal): Promise<EventTypeSummary[]> {
    return (await this.read(eventTypes, '/event-types', { signal })).data;
  }

  /** The surface, or `previous` itself where the server says that it still holds. */
  async riskMap(
    query: { horizon: number; eventType: string },
    previous?: Tagged<RiskMap>,
    signal?: AbortSignal,
  ): Promise<Tagged<RiskMap>> {
    const answer = await this.send('/risk-map', {
      query: { horizon: query.horizon, event_type: query.eventType, format: 'json' },
      headers: previous?.etag == null ? {} : { 'if-none-match': previous.etag },
      signal,
    });
    if (answer.status === 304 && previous !== undefined) return previous;
    return { value: await parsed(riskMap, answer, signal), etag: answer.headers.get('etag') };
  }

  features(cell: string, eventType: string, signal?: AbortSignal): Promise<CellFeatures> {
    return this.read(cellFeatures, `/cells/${cell}/features`, { query: { event_type: eventType }, signal });
  }

  events(query: { cell: string; eventType?: string; limit: number }, signal?: AbortSignal): Promise<Paged<Event>> {
    return this.read(eventPage, '/events', {
      query: { cell: query.cell, event_type: query.eventType, limit: query.limit },
      signal,
    });
  }

  assess(query: { cell: string; eventType: string; horizon: number }, signal?: AbortSignal): Promise<AssessAnswer> {
    const body = { horizon_hours: query.horizon, event_type: query.eventType, cells: [query.cell] };
    return this.read(assessAnswer, '/risk/assess', { method: 'POST', body, signal });
  }

  openRisks(query: { eventType: string; limit: number }, signal?: AbortSignal): Promise<Paged<Risk>> {
    return this.read(riskPage, '/risks', {
      query: { status: 'open', event_type: query.eventType, limit: query.limit },
      signal,
    });
  }

  /** Takes note of a risk, unless someone changed it since it was read (`VERSION_CONFLICT`). */
  acknowledge(of: { risk_id: string; version: number }): Promise<Risk> {
    return this.read(risk, `/risks/${encodeURIComponent(of.risk_id)}`, {
      method: 'PATCH',
      headers: { 'if-match': `"${of.version}"` },
      body: { status: 'acknowledged' },
    });
  }

  private async read<T extends z.ZodType>(schema: T, path: string, call: Call): Promise<z.output<T>> {
    return parsed(schema, await this.send(path, call), call.signal);
  }

  private async send(path: string, call: Call): Promise<Response> {
    const { token, namespace } = this.credentials;
    const headers: Record<string, string> = {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      ...(namespace === null ? {} : { 'x-namespace': namespace }),
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
    };
    const signals = [AbortSignal.timeout(TIMEOUT_MS), ...(call.signal ? [call.signal] : [])];
    try {
      const answer = await this.fetcher(`${BASE}${path}${queryString(call.query)}`, {
        method: call.method ?? 'GET',
        headers,
        signal: AbortSignal.any(signals),
        // The tags are ours to compare: the browser's own cache would hide a 304 and keep data after signing out.
        cache: 'no-store',
        credentials: 'omit',
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      });
      const date = Date.parse(answer.headers.get('date') ?? '');
      if (!Number.isNaN(date)) this.skewMs = date - Date.now();
      if (answer.ok || answer.status === 304) return answer;
      throw errorOfAnswer(answer.status, answer.headers, await answer.text());
    } catch (failure) {
      const error = errorOfFailure(failure, call.signal?.aborted === true);
      if (error?.signsOut === true) this.onSignedOut(error);
      throw error ?? failure;
    }
  }
}

function queryString(query: Call['query']): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) params.set(name, String(value));
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

async function parsed<T extends z.ZodType>(schema: T, answer: Response, signal?: AbortSignal): Promise<z.output<T>> {
  let json: unknown;
  try {
    json = await answer.json();
  } catch (failure) {
    // A body cut off on its way is a fault of the connection; one that is no JSON is a fault of the server.
    if (!(failure instanceof SyntaxError)) throw errorOfFailure(failure, signal?.aborted === true) ?? failure;
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue === undefined ? '' : ` (${issue.path.join('.') || 'the whole answer'}: ${issue.message})`;
  throw new ApiError(answer.status, 'ANSWER_UNEXPECTED', `The server's answer has not the agreed form${where}.`, {
    cause: result.error,
  });
}
