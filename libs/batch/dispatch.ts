import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { BatchResult } from '#contracts';
import { API_PREFIX, AppError } from '#platform';

/** Who the caller is and what follows them through the system; each operation carries them as if sent alone. */
const OF_THE_CALLER = ['authorization', 'x-namespace', 'traceparent', 'tracestate', 'user-agent'] as const;
/** Of the answer, what means something within a batch. */
const SHOWN = [
  'allow',
  'age',
  'cache-control',
  'content-type',
  'etag',
  'idempotent-replayed',
  'link',
  'location',
  'retry-after',
  'x-cache',
  'x-request-id',
] as const;
/** Longest request id the platform takes; the part before the dot gives way. */
const MAX_REQUEST_ID = 128;

/** An operation with nothing left to fill in. */
export interface Operation {
  id: string;
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the prefix of the API. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: unknown;
}

/** What is left for the answers of one batch, in bytes. */
export interface Budget {
  bytes: number;
}

/** Sends an operation through the whole of the server, as a request of its own by the same caller. */
@Injectable()
export class Dispatch {
  constructor(private readonly host: HttpAdapterHost) {}

  /**
   * @param signal ends the operation as a client that leaves does
   * @throws AppError BATCH_ANSWER_TOO_LARGE, BATCH_ANSWER_BINARY; whatever the signal was aborted with
   */
  async send(operation: Operation, caller: FastifyRequest, budget: Budget, signal?: AbortSignal): Promise<BatchResult> {
    const { id, method, path, body } = operation;
    const headers: Record<string, string> = {
      ...operation.headers,
      'x-request-id': `${caller.id.slice(0, MAX_REQUEST_ID - 1 - id.length)}.${id}`,
    };
    for (const name of OF_THE_CALLER) {
      const value = caller.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    if (body !== undefined) headers['content-type'] = 'application/json';
    const work = async (): Promise<BatchResult> => {
      const answer = await this.host.httpAdapter.getInstance<FastifyInstance>().inject({
        method,
        url: `/${API_PREFIX}${path}`,
        headers,
        remoteAddress: caller.ip,
        payloadAsStream: true,
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      });
      const shown: Record<string, string> = {};
      for (const name of SHOWN) {
        const value = answer.headers[name];
        if (value !== undefined) shown[name] = String(value);
      }
      const bytes = await read(answer.stream(), answer.statusCode, budget);
      return {
        id,
        status: answer.statusCode,
        headers: shown,
        body: parse(bytes, shown['content-type'], answer.statusCode),
      };
    };
    return signal ? untilAborted(work, signal) : work();
  }
}

/** A request that is cut off tells its handler, and then still waits for it: whoever is answered with it need not. */
async function untilAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: cut, reject } = Promise.withResolvers<never>();
  // It fails in words of the transport then, which say less than what cut it off.
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(), cut]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function read(stream: Readable, status: number, budget: Budget): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    budget.bytes -= chunk.length;
    if (budget.bytes < 0)
      throw new AppError(
        'BATCH_ANSWER_TOO_LARGE',
        `The operation was answered with ${status}, but the answers of the batch together are larger than it may return`,
        { extension: { answered_status: status } },
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(bytes: Buffer, type: string | undefined, status: number): unknown {
  if (bytes.length === 0) return null;
  const [media = ''] = (type ?? '').split(';', 1);
  if (/^application\/(?:[\w.-]+\+)?json$/.test(media)) return JSON.parse(bytes.toString('utf8'));
  if (media.startsWith('text/') || media === 'application/x-ndjson') return bytes.toString('utf8');
  throw new AppError(
    'BATCH_ANSWER_BINARY',
    `The operation was answered with ${status} and ${media}, which JSON cannot hold`,
    {
      extension: { answered_status: status },
    },
  );
}
