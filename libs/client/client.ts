import createClient, { type Client, type FetchResponse, type MaybeOptionalInit } from 'openapi-fetch';
import type { PathsWithMethod, RequiredKeysOf } from 'openapi-typescript-helpers';
import type { paths } from './schema.js';
import { type SendOptions, Transport, type TransportOptions } from './transport.js';

export interface ClientOptions extends TransportOptions {
  /** `https://risk.example.org`, without the path of the API; left out in a page that the platform itself serves. */
  url?: string;
  /** For every request, as far as the call says nothing else. */
  defaults?: SendOptions;
  /** What `fetch` takes beside it: `cache`, `credentials`. */
  request?: Omit<RequestInit, 'body' | 'headers' | 'method' | 'signal'>;
}

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Media = 'application/json';
type PathOf<V extends Verb> = PathsWithMethod<paths, V>;
type InitOf<V extends Verb, P extends PathOf<V>> = MaybeOptionalInit<paths[P], V>;
type Arguments<Init> = RequiredKeysOf<Init> extends never ? [(Init & SendOptions)?] : [Init & SendOptions];

/** An answer with what came around it. `data` is undefined where there is no body: 204, and 304 for what still holds. */
export interface Answer<T> {
  data: T | undefined;
  response: Response;
}

type DataOf<V extends Verb, P extends PathOf<V>, Init> = NonNullable<
  FetchResponse<paths[P][V] extends Record<string | number, unknown> ? paths[P][V] : never, Init, Media>['data']
>;

/** A path whose GET answers with a page of a list, and the items on it. */
type ListPath = {
  [P in PathOf<'get'>]: DataOf<'get', P, undefined> extends { data: unknown[]; page: unknown } ? P : never;
}[PathOf<'get'>];
type ItemOf<P extends ListPath> = DataOf<'get', P, undefined> extends { data: (infer Item)[] } ? Item : never;

/**
 * The platform's API, every path, parameter, body and answer typed by its OpenAPI document. Each call resolves to the
 * body of a good answer and throws ApiProblem for an error; 429 and 503 are waited for as `Retry-After` asks.
 */
export class RiskClient {
  readonly transport: Transport;
  private readonly http: Client<paths, Media>;

  constructor(private readonly options: ClientOptions = {}) {
    this.transport = new Transport(options);
    this.http = createClient<paths, Media>({
      baseUrl: options.url ?? originOfPage(),
      ...options.request,
    });
  }

  get<P extends PathOf<'get'>, Init extends InitOf<'get', P>>(path: P, ...init: Arguments<Init>) {
    return this.data<DataOf<'get', P, Init>>('get', path, init[0]);
  }

  post<P extends PathOf<'post'>, Init extends InitOf<'post', P>>(path: P, ...init: Arguments<Init>) {
    return this.data<DataOf<'post', P, Init>>('post', path, init[0]);
  }

  put<P extends PathOf<'put'>, Init extends InitOf<'put', P>>(path: P, ...init: Arguments<Init>) {
    return this.data<DataOf<'put', P, Init>>('put', path, init[0]);
  }

  patch<P extends PathOf<'patch'>, Init extends InitOf<'patch', P>>(path: P, ...init: Arguments<Init>) {
    return this.data<DataOf<'patch', P, Init>>('patch', path, init[0]);
  }

  /** Resolves when it is done. */
  async delete<P extends PathOf<'delete'>, Init extends InitOf<'delete', P>>(
    path: P,
    ...init: Arguments<Init>
  ): Promise<void> {
    await this.send('delete', path, init[0]);
  }

  /** Like the methods above, with status and headers: to keep an `ETag`, say, and to meet 304. */
  answer<V extends Verb, P extends PathOf<V>, Init extends InitOf<V, P>>(
    verb: V,
    path: P,
    ...init: Arguments<Init>
  ): Promise<Answer<DataOf<V, P, Init>>> {
    return this.send(verb, path, init[0]);
  }

  /** Every item of a list, page after page, in the list's order. Leaving the loop early asks for no more pages. */
  async *items<P extends ListPath, Init extends InitOf<'get', P>>(
    path: P,
    ...init: Arguments<Init>
  ): AsyncGenerator<ItemOf<P>, void, undefined> {
    const given = (init[0] ?? {}) as Loose;
    let cursor: string | undefined;
    do {
      const query = { limit: 1000, ...given.params?.query, ...(cursor === undefined ? {} : { cursor }) };
      const { data } = await this.send<Page<ItemOf<P>>>('get', path, { ...given, params: { ...given.params, query } });
      if (!data) return;
      yield* data.data;
      cursor = data.page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  private async data<T>(verb: Verb, path: string, init: unknown): Promise<T> {
    return (await this.send<T>(verb, path, init)).data as T;
  }

  /** The types above say what may be sent; here they have done their work. */
  private async send<T>(verb: Verb, path: string, init: unknown): Promise<Answer<T>> {
    const { patience, timeoutMs, streamed, onRetry, again, ...rest } = (init ?? {}) as Loose;
    const options = defined({ patience, timeoutMs, streamed, onRetry, again });
    const call = {
      ...rest,
      headers: { ...(verb === 'post' ? idempotencyKey() : {}), ...rest.headers },
      fetch: (request: Request) => this.transport.send(request, { ...this.options.defaults, ...options }),
    };
    const request = this.http.request as unknown as (
      verb: string,
      path: string,
      init: object,
    ) => Promise<{ data?: T; response: Response }>;
    const { data, response } = await request(verb, path, call);
    return { data, response };
  }
}

interface Page<Item> {
  data: Item[];
  page: { next_cursor: string | null };
}

interface Loose extends SendOptions {
  params?: { query?: Record<string, unknown> };
  headers?: Record<string, string>;
}

/** One key for all attempts of one request: a repeated one gets the first one's answer. */
function idempotencyKey(): Record<string, string> {
  // Pages of plain HTTP have no randomUUID.
  return typeof crypto.randomUUID === 'function' ? { 'Idempotency-Key': crypto.randomUUID() } : {};
}

function originOfPage(): string {
  const { location } = globalThis as { location?: { origin: string } };
  return location?.origin ?? '';
}

function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
