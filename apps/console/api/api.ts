import {
  type AssessAnswer,
  assessAnswer,
  type CellFeatures,
  cellFeatures,
  type Event,
  eventPage,
  eventTypeList,
  type EventTypeSummary,
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
import { type Answer, RiskClient } from '#client';
import type { z } from 'zod';
import { ApiError, errorOfFailure } from './api-error.js';

const TIMEOUT_MS = 15_000;
const NO_PATIENCE = { attempts: 1, firstDelayMs: 0, longestDelayMs: 0, whenUnreachable: false };
/** Pages of namespaces the chooser reads: 20 × 1,000 is more than a chooser can show. */
const MAX_NAMESPACE_PAGES = 20;

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

/** The calls the console makes. Every one throws {@link ApiError}, or the signal's reason when it was called off. */
export class Api {
  /** Server's clock minus this machine's, in milliseconds, from the last answer's `Date`: to judge how old data is. */
  private skewMs = 0;

  private readonly client: RiskClient;

  /** @param send instead of `fetch`, to see what is sent */
  constructor(
    credentials: Credentials,
    private readonly onSignedOut: (error: ApiError) => void = () => undefined,
    send: (request: Request) => Promise<Response> = (request) => fetch(request),
  ) {
    this.client = new RiskClient({
      ...credentials,
      // The page asks again by itself, in its own time.
      defaults: { timeoutMs: TIMEOUT_MS, patience: NO_PATIENCE },
      // The tags are ours to compare: the browser's own cache would hide a 304 and keep data after signing out.
      request: { cache: 'no-store', credentials: 'omit' },
      fetch: async (request) => {
        const answer = await send(request);
        const date = Date.parse(answer.headers.get('date') ?? '');
        if (!Number.isNaN(date)) this.skewMs = date - Date.now();
        return answer;
      },
    });
  }

  /** The time by the server's clock, in milliseconds since 1970. */
  now(): number {
    return Date.now() + this.skewMs;
  }

  self(signal?: AbortSignal): Promise<TokenSelf> {
    return this.read(tokenSelf, this.client.answer('get', '/api/v1/tokens/self', calledOffBy(signal)), signal);
  }

  async namespaces(signal?: AbortSignal): Promise<Namespace[]> {
    const found: Namespace[] = [];
    let cursor: string | undefined;
    for (let i = 0; i < MAX_NAMESPACE_PAGES; i++) {
      const query = { limit: 1000, ...(cursor === undefined ? {} : { cursor }) };
      const answer = this.client.answer('get', '/api/v1/namespaces', { params: { query }, ...calledOffBy(signal) });
      const { data, page } = await this.read(namespacePage, answer, signal);
      found.push(...data);
      if (page.next_cursor === null || !page.has_more) break;
      cursor = page.next_cursor;
    }
    return found;
  }

  async eventTypes(signal?: AbortSignal): Promise<EventTypeSummary[]> {
    const answer = this.client.answer('get', '/api/v1/event-types', calledOffBy(signal));
    return (await this.read(eventTypeList, answer, signal)).data;
  }

  /** The surface, or `previous` itself where the server says that it still holds. */
  async riskMap(
    query: { horizon: number; eventType: string },
    previous?: Tagged<RiskMap>,
    signal?: AbortSignal,
  ): Promise<Tagged<RiskMap>> {
    const answer = await this.settled(
      this.client.answer('get', '/api/v1/risk-map', {
        params: { query: { horizon: query.horizon, event_type: query.eventType, format: 'json' } },
        ...(previous?.etag == null ? {} : { headers: { 'if-none-match': previous.etag } }),
        ...calledOffBy(signal),
      }),
      signal,
    );
    if (answer.response.status === 304 && previous !== undefined) return previous;
    return { value: parsed(riskMap, answer), etag: answer.response.headers.get('etag') };
  }

  features(cell: string, eventType: string, signal?: AbortSignal): Promise<CellFeatures> {
    const answer = this.client.answer('get', '/api/v1/cells/{cell}/features', {
      params: { path: { cell }, query: { event_type: eventType } },
      ...calledOffBy(signal),
    });
    return this.read(cellFeatures, answer, signal);
  }

  events(query: { cell: string; eventType?: string; limit: number }, signal?: AbortSignal): Promise<Paged<Event>> {
    const { cell, eventType, limit } = query;
    const answer = this.client.answer('get', '/api/v1/events', {
      params: { query: { cell, ...(eventType === undefined ? {} : { event_type: eventType }), limit } },
      ...calledOffBy(signal),
    });
    return this.read(eventPage, answer, signal);
  }

  assess(query: { cell: string; eventType: string; horizon: number }, signal?: AbortSignal): Promise<AssessAnswer> {
    const body = { horizon_hours: query.horizon, event_type: query.eventType, cells: [query.cell] };
    const answer = this.client.answer('post', '/api/v1/risk/assess', { body, ...calledOffBy(signal) });
    return this.read(assessAnswer, answer, signal);
  }

  openRisks(query: { eventType: string; limit: number }, signal?: AbortSignal): Promise<Paged<Risk>> {
    const answer = this.client.answer('get', '/api/v1/risks', {
      params: { query: { status: 'open', event_type: query.eventType, limit: query.limit } },
      ...calledOffBy(signal),
    });
    return this.read(riskPage, answer, signal);
  }

  /** Takes note of a risk, unless someone changed it since it was read (`VERSION_CONFLICT`). */
  acknowledge(of: { risk_id: string; version: number }): Promise<Risk> {
    const answer = this.client.answer('patch', '/api/v1/risks/{risk_id}', {
      params: { path: { risk_id: of.risk_id } },
      headers: { 'if-match': `"${of.version}"` },
      body: { status: 'acknowledged' },
    });
    return this.read(risk, answer);
  }

  private async read<T extends z.ZodType>(
    schema: T,
    answer: Promise<Answer<unknown>>,
    signal?: AbortSignal,
  ): Promise<z.output<T>> {
    return parsed(schema, await this.settled(answer, signal));
  }

  private async settled<T>(answer: Promise<Answer<T>>, signal?: AbortSignal): Promise<Answer<T>> {
    try {
      return await answer;
    } catch (failure) {
      const error = errorOfFailure(failure, signal?.aborted === true);
      if (error?.signsOut === true) this.onSignedOut(error);
      throw error ?? failure;
    }
  }
}

const calledOffBy = (signal: AbortSignal | undefined) => (signal ? { signal } : {});

function parsed<T extends z.ZodType>(schema: T, { data, response }: Answer<unknown>): z.output<T> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue === undefined ? '' : ` (${issue.path.join('.') || 'the whole answer'}: ${issue.message})`;
  throw new ApiError(response.status, 'ANSWER_UNEXPECTED', `The server's answer has not the agreed form${where}.`, {
    cause: result.error,
  });
}
