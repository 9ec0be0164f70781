import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import {
  ERRORS,
  type ErrorCode,
  type IngestAnswer,
  MAX_REJECTED_LISTED,
  type RejectedRow,
  eventInput,
  namespaceInput,
} from '#contracts';

export interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** What a route answers: a JSON body (with a status), or the connection itself. */
export type Answer =
  | { status?: number; json?: unknown; headers?: Record<string, string> }
  | ((response: ServerResponse, socket: Socket) => void | Promise<void>);
export type Route = (asked: Asked) => Answer | Promise<Answer>;

export const TOKEN = 'a-token-of-the-tests-0123456789abcdef';

/** A problem as the platform answers it. */
export function problem(
  code: ErrorCode,
  detail: string,
  extra: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Answer {
  const { status, title } = ERRORS[code];
  const json = {
    type: `/problems/${code}`,
    title,
    status,
    detail,
    instance: '/',
    code,
    request_id: 'req-1',
    errors: [],
    ...extra,
  };
  return { status, json, headers: { 'content-type': 'application/problem+json', ...headers } };
}

/**
 * The other end of the wire: a real HTTP server on loopback that answers as the contracts say, with routes of a test's own before
 * its own. Events are judged by the contract's schema and kept by event_id.
 */
export class Peer {
  readonly asked: Asked[] = [];
  readonly events = new Map<string, unknown>();
  readonly namespaces = new Map<string, unknown>([['default', namespaceOf('default')]]);
  /** Bulk requests under way, and the most there were at once. */
  underWay = 0;
  mostUnderWay = 0;
  /** Awaited before a bulk request is answered. */
  hold: () => Promise<void> = () => Promise.resolve();
  private readonly routes = new Map<string, Route>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<Peer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const peer = new Peer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => void peer.handle(request, response));
    return peer;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** `route('GET /api/v1/jobs/1', …)` */
  route(name: string, route: Route): this {
    this.routes.set(name, route);
    return this;
  }

  requests(name: string): Asked[] {
    return this.asked.filter(({ method, path }) => `${method} ${path}` === name);
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://peer');
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece as Buffer);
    } catch {
      return; // The client left in the middle.
    }
    const asked = {
      method: request.method ?? '',
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: request.headers,
      body: Buffer.concat(pieces),
    };
    this.asked.push(asked);
    const answer = await this.answer(asked);
    if (typeof answer === 'function') {
      await answer(response, request.socket);
      return;
    }
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.json === undefined ? '' : JSON.stringify(answer.json));
  }

  private async answer(asked: Asked): Promise<Answer> {
    const route = this.routes.get(`${asked.method} ${asked.path}`);
    if (route !== undefined) return route(asked);
    if (asked.headers.authorization !== `Bearer ${TOKEN}`)
      return problem('TOKEN_MISSING', 'Send Authorization: Bearer');
    const wanted = String(asked.headers['x-namespace'] ?? 'default');
    if (asked.path === '/api/v1/namespaces' && asked.method === 'POST') {
      const input = namespaceInput.parse(JSON.parse(asked.body.toString()));
      this.namespaces.set(input.namespace_id, {
        ...namespaceOf(input.namespace_id),
        ...input,
        name: input.name ?? input.namespace_id,
      });
      return { status: 201, json: this.namespaces.get(input.namespace_id) };
    }
    if (!this.namespaces.has(wanted)) return problem('NAMESPACE_NOT_FOUND', `There is no namespace ${wanted}`);
    switch (`${asked.method} ${asked.path}`) {
      case 'GET /api/v1/tokens/self':
        return { json: { token_id: 't', name: 'test', scopes: ['admin'], namespace: this.namespaces.get(wanted) } };
      case 'POST /api/v1/events/bulk':
        return this.bulk(asked);
      default:
        return problem('ROUTE_NOT_FOUND', `${asked.method} ${asked.path}`);
    }
  }

  /** Judges and keeps the rows of a bulk request; for routes that fail after the work is done, too. */
  take(asked: Asked): IngestAnswer {
    const rejected: RejectedRow[] = [];
    let [accepted, duplicates, rejectedTotal] = [0, 0, 0];
    gunzipSync(asked.body)
      .toString()
      .split('\n')
      .forEach((line, i) => {
        if (line === '') return;
        const event = eventInput.safeParse(JSON.parse(line));
        if (!event.success) {
          rejectedTotal++;
          const field = String(event.error.issues[0]?.path[0] ?? '');
          if (rejected.length < MAX_REJECTED_LISTED)
            rejected.push({ line: i + 1, code: 'EVENT_FIELD_INVALID', field, detail: 'by the server' });
        } else if (this.events.has(event.data.event_id)) duplicates++;
        else {
          accepted++;
          this.events.set(event.data.event_id, event.data);
        }
      });
    return { accepted, duplicates, rejected, rejected_total: rejectedTotal, buffered: false };
  }

  private async bulk(asked: Asked): Promise<Answer> {
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    await this.hold();
    this.underWay--;
    const answer = this.take(asked);
    if (answer.accepted + answer.duplicates === 0 && answer.rejected_total > 0)
      return problem('EVENTS_ALL_REJECTED', 'None could be taken', { ...answer });
    return { status: 201, json: answer };
  }
}

export function namespaceOf(id: string) {
  return {
    namespace_id: id,
    name: id,
    h3_resolution: 7,
    time_zone: 'UTC',
    levels: { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 },
    amount_kind: 'amount',
    created_at: '2026-01-01T00:00:00.000Z',
    version: 1,
  };
}
