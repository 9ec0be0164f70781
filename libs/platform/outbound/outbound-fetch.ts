import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { OutboundRefused, type OutboundUrls } from './outbound-urls.js';

/** Milliseconds from the start to the end of the answer, redirects included. */
const DEADLINE_MS = 30_000;
/** Bytes of an answer that are read; whoever sends more has sent nothing that is needed. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_REDIRECTS = 3;
/** Headers that are for the host they were made for and no other. */
const OF_THE_HOST = new Set(['authorization', 'cookie', 'proxy-authorization']);

export interface OutboundRequest {
  method: 'GET' | 'POST';
  headers?: Readonly<Record<string, string>>;
  body?: string;
  signal?: AbortSignal;
  deadlineMs?: number;
  maxAnswerBytes?: number;
}

export interface OutboundAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/**
 * Calls a URL that a user gave. Nothing of the answer is decoded, a body is never sent on to where a redirect leads, and
 * every address, also that of a redirect, is judged when it is connected to.
 * @throws OutboundRefused; the reason of the signal; Node's errors of the network
 */
export async function outboundFetch(urls: OutboundUrls, text: string, asked: OutboundRequest): Promise<OutboundAnswer> {
  const deadline = AbortSignal.timeout(asked.deadlineMs ?? DEADLINE_MS);
  const signal = asked.signal ? AbortSignal.any([asked.signal, deadline]) : deadline;
  let url = urls.check(text);
  let headers = asked.headers ?? {};
  for (let redirects = 0; ; redirects++) {
    signal.throwIfAborted();
    const answer = await ask(urls, url, { ...asked, headers, signal });
    const location = isRedirect(answer.status) ? answer.headers.location : undefined;
    if (location === undefined || asked.method !== 'GET') return answer;
    if (redirects === MAX_REDIRECTS) throw new OutboundRefused('The URL leads on and on');
    if (!URL.canParse(location, url.href)) throw new OutboundRefused('The URL leads to what is not a URL');
    const next = urls.check(new URL(location, url).href);
    if (next.origin !== url.origin)
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_HOST.has(name.toLowerCase())));
    url = next;
  }
}

const isRedirect = (status: number) => [301, 302, 303, 307, 308].includes(status);

type Asked = OutboundRequest & { signal: AbortSignal };

async function ask(urls: OutboundUrls, url: URL, asked: Asked): Promise<OutboundAnswer> {
  const response = await connect(urls, url, asked);
  const most = asked.maxAnswerBytes ?? MAX_ANSWER_BYTES;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the response and its connection.
    if (size > most) throw new OutboundRefused(`The answer has more than ${most} bytes`);
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

function connect(urls: OutboundUrls, url: URL, { method, headers, body, signal }: Asked): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }) },
      // A host that is an address is not looked up; `check` has judged it.
      lookup: urls.lookup,
      signal,
      // A connection that is kept was judged by another look-up.
      agent: false as const,
    };
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const sent: ClientRequest = send(url, options, resolve);
    sent.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
    sent.end(body);
  });
}
