import { Agent, type IncomingMessage, request } from 'node:http';
import type { Shot } from './wrk.ts';

/** What became of one request. */
export interface Answered {
  readonly ms: number;
  /** 0 where the connection failed. */
  readonly status: number;
  /** Of `X-Cache`. */
  readonly cache: string | undefined;
}

/** Connections of one client, kept open between requests. */
export function agentOf(connections: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' });
}

/** Sends one request, reads its answer to the end, and never rejects. */
export function shoot(
  url: string,
  { path, method = 'GET', headers = {}, body }: Shot,
  agent: Agent,
): Promise<Answered> {
  const start = performance.now();
  return new Promise((done) => {
    const failed = () => done({ ms: performance.now() - start, status: 0, cache: undefined });
    const answered = (response: IncomingMessage) => {
      response.once('error', failed).resume();
      response.once('end', () =>
        done({
          ms: performance.now() - start,
          status: response.statusCode ?? 0,
          cache: response.headers['x-cache'] as string | undefined,
        }),
      );
    };
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const sent = request(`${url}${path}`, { method, headers: { ...headers, ...length }, agent }, answered);
    sent.once('error', failed);
    sent.end(body);
  });
}

/** Each shot once, over so many connections, in turn. For what must not be asked for twice. */
export async function drive(url: string, shots: readonly Shot[], connections: number): Promise<Answered[]> {
  const agent = agentOf(connections);
  const answers: Answered[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < shots.length; i = next++) {
      const shot = shots[i];
      if (shot) answers[i] = await shoot(url, shot, agent);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  agent.destroy();
  return answers;
}

/** The smallest value that so many of a hundred do not exceed. */
export function percentile(values: Iterable<number>, percent: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export const isFailure = ({ status }: Answered): boolean => status < 200 || status >= 400;
