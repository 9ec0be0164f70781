import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { problem, type Job, type Problem } from '#contracts';
import { Child, type TestServer } from '#testing';

const STRISK = fileURLToPath(new URL('../../cli/bin/strisk.js', import.meta.url));

/** The administrator's token of the platforms that these tests start. */
export const ADMIN = `test_${randomBytes(24).toString('base64url')}`;

/** What every platform of these tests is started with: its log holds the routes, and no limit stands in the way. */
export const ENV = { STRISK_ADMIN_TOKEN: ADMIN, RATE_LIMIT_PER_MINUTE: '1000000', LOG_LEVEL: 'info' };

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

export interface Ask {
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

const MAX_OVERLOADS = 20;
const isOverload = ({ status, text }: Answer) => status === 503 && text.includes('"OVERLOADED"');

/** A client with a token. Paths are below /api/v1 unless they begin with two slashes. */
export class Client {
  constructor(
    readonly server: Pick<TestServer, 'url'>,
    readonly token: string | null = ADMIN,
    readonly namespace?: string,
  ) {}

  as(token: string | null, namespace?: string): Client {
    return new Client(this.server, token, namespace);
  }

  async ask(method: string, path: string, { json, body, headers = {}, signal }: Ask = {}): Promise<Answer> {
    const sent = json === undefined ? body : JSON.stringify(json);
    const response = await fetch(this.server.url + (path.startsWith('//') ? path.slice(1) : `/api/v1${path}`), {
      method,
      headers: {
        ...(this.token === null ? {} : { authorization: `Bearer ${this.token}` }),
        ...(this.namespace === undefined ? {} : { 'x-namespace': this.namespace }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent, duplex: 'half' }),
      ...(signal === undefined ? {} : { signal }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** The JSON of an answer that must have this status. */
  async json<T>(method: string, path: string, json?: unknown, status = method === 'GET' ? 200 : undefined): Promise<T> {
    const send = () => this.ask(method, path, json === undefined ? {} : { json });
    let answer = await send();
    // What is turned away for overload has not been begun; on a machine that is busy enough anybody has to ask again.
    for (let i = 0; i < MAX_OVERLOADS && isOverload(answer); i++) {
      await delay(1_000 * Number(answer.headers.get('retry-after')));
      answer = await send();
    }
    const fine = status === undefined ? answer.status >= 200 && answer.status < 300 : answer.status === status;
    expect(fine, `${method} ${path}: ${answer.status} ${answer.text.slice(0, 500)}`).toBe(true);
    return JSON.parse(answer.text) as T;
  }

  get<T>(path: string): Promise<T> {
    return this.json<T>('GET', path);
  }

  /** Makes a token of this client's namespace. */
  async newToken(scopes: string[], name = scopes.join(' ')): Promise<{ token: string; token_id: string }> {
    return this.json('POST', '/tokens', { name, scopes }, 201);
  }

  /** Waits for a job to end well. */
  async finished(jobId: string, withinMs = 90_000): Promise<Job> {
    return until(`job ${jobId} completed`, withinMs, async () => {
      const job = await this.get<Job>(`/jobs/${jobId}`);
      if (job.state === 'failed' || job.state === 'cancelled')
        throw new Error(`The job failed: ${JSON.stringify(job)}`);
      return job.state === 'completed' ? job : undefined;
    });
  }
}

/**
 * Looks until `look` finds something. A server tells of nothing by itself, so it is asked, and the deadline ends it.
 * What `look` throws ends it at once.
 */
export async function until<T>(what: string, withinMs: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await delay(50);
  }
}

/** What no answer may show: where the code lies, how a store is asked, what it is built of. */
const INTERNAL =
  /node_modules|\/dist\/|\.js:\d|\bat \S+ \(|SELECT |INSERT |FROM events|pg_|typeorm|ClickHouse|chdb|postgres|ZodError|\bstack\b|\/tmp\//i;

/** Asserts that an answer is a problem as RFC 9457 and the contract have it, with nothing internal in it. */
export function expectProblem(answer: Answer, status: number, code: string, path?: string): Problem {
  const shown = `${answer.status} ${answer.text.slice(0, 600)}`;
  expect(answer.status, shown).toBe(status);
  expect(answer.headers.get('content-type'), shown).toMatch(/^application\/problem\+json/);
  const parsed = problem.parse(JSON.parse(answer.text));
  expect(parsed.code, shown).toBe(code);
  expect(parsed.status).toBe(status);
  expect(parsed.request_id).not.toBe('');
  expect(parsed.request_id).toBe(answer.headers.get('x-request-id'));
  expect(parsed.detail).not.toBe('');
  expect(answer.text).not.toMatch(INTERNAL);
  if (path !== undefined)
    expect(
      parsed.errors.map((error) => error.path),
      shown,
    ).toContain(path);
  return parsed;
}

/** Runs the CLI as a process to its end. */
export async function strisk(
  server: Pick<TestServer, 'url'>,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const child = new Child({
    command: process.execPath,
    args: [STRISK, ...args],
    env: { PATH: '/usr/bin:/bin', STRISK_URL: server.url, STRISK_TOKEN: ADMIN, ...env },
  });
  const { code } = await child.exit;
  return { code, out: child.stdout, err: child.stderr };
}
