import { ApiProblem } from './problem.js';
import { DEFAULT_PATIENCE, mayRepeat, type Patience, waitBefore } from './retry.js';

export interface TransportOptions {
  token?: string | null;
  /** Sent as `X-Namespace`; an administrator's token names its namespace so. */
  namespace?: string | null;
  /** Headers of every request: `User-Agent`, where the platform lets a client set it. */
  headers?: Readonly<Record<string, string>>;
  /** Fires when everything is to stop. */
  signal?: AbortSignal;
  /** What sends; `fetch` where it is left out. */
  fetch?: (request: Request) => Promise<Response>;
}

export interface SendOptions {
  patience?: Patience;
  /** Longest wait for the answer to begin and, unless it is streamed, to end. */
  timeoutMs?: number;
  /** The body is read as it arrives; how long that takes is the reader's affair. */
  streamed?: boolean;
  /** Told of every failed attempt that is followed by another. */
  onRetry?: (failure: unknown, waitMs: number) => void;
  /** Whether a failed attempt may be followed by another; `status` is 0 where no answer came. */
  again?: (request: Request, status: number, code: string | null) => boolean;
}

const TIMEOUT_MS = 60_000;

/** Sends requests as a client of the platform: token and namespace on each, retries where they are safe, errors thrown. */
export class Transport {
  constructor(private readonly options: TransportOptions) {}

  /**
   * The answer to a request, its body already here unless it is streamed.
   * @throws ApiProblem for an answer that is an error, whatever `fetch` throws where none came, the signal's reason where
   * it was called off
   */
  async send(request: Request, options: SendOptions = {}): Promise<Response> {
    const addressed = this.addressed(request);
    const patience = options.patience ?? DEFAULT_PATIENCE;
    const again = options.again ?? mayRepeat;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(addressed, options);
      } catch (error) {
        const problem = error instanceof ApiProblem ? error : undefined;
        const [status, code] = [problem?.status ?? 0, problem?.code ?? null];
        const askAgain =
          attempt < patience.attempts &&
          !this.isCalledOff(addressed) &&
          (problem !== undefined || patience.whenUnreachable) &&
          again(addressed, status, code);
        if (!askAgain) throw error;
        const retryAfter = problem?.response.headers.get('retry-after') ?? null;
        const wait = waitBefore(attempt, patience, retryAfter, Date.now(), Math.random());
        options.onRetry?.(error, wait);
        await pause(wait, this.signals(addressed));
      }
    }
  }

  private async once(request: Request, { timeoutMs = TIMEOUT_MS, streamed = false }: SendOptions): Promise<Response> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(new DOMException('No answer in time', 'TimeoutError')), timeoutMs);
    try {
      const signal = AbortSignal.any([...this.signals(request), deadline.signal]);
      const send = this.options.fetch ?? ((one: Request) => fetch(one));
      // A request's body can be sent once; its copy is the one that is spent.
      const response = await send(new Request(request.clone(), { signal }));
      if (!response.ok && response.status !== 304) throw await ApiProblem.of(response);
      return streamed ? response : await whole(response);
    } finally {
      clearTimeout(timer);
    }
  }

  private addressed(request: Request): Request {
    const { token, namespace, headers } = this.options;
    const added = new Request(request);
    const set = (name: string, value: string) => {
      if (!added.headers.has(name)) added.headers.set(name, value);
    };
    for (const [name, value] of Object.entries(headers ?? {})) set(name, value);
    if (token != null) set('authorization', `Bearer ${token}`);
    if (namespace != null) set('x-namespace', namespace);
    return added;
  }

  private signals(request: Request): AbortSignal[] {
    return this.options.signal ? [this.options.signal, request.signal] : [request.signal];
  }

  private isCalledOff(request: Request): boolean {
    return this.signals(request).some((signal) => signal.aborted);
  }
}

/** Reads the body, so that one that is cut off fails here, where it is known to be the connection's fault. */
async function whole(response: Response): Promise<Response> {
  const { status, statusText, headers } = response;
  const empty = status === 204 || status === 304 || response.body === null;
  return new Response(empty ? null : await response.arrayBuffer(), { status, statusText, headers });
}

function pause(ms: number, signals: AbortSignal[]): Promise<void> {
  const signal = AbortSignal.any(signals);
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new Error('Called off'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
