import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ErrorCode, ERRORS, problem } from '#contracts';
import { startServer, type TestServer } from '#testing';
import { OPENAPI_DOCUMENT } from '../openapi.js';
import { type Described, type HostileRequest, hostileRequests } from './hostile.js';
import { ADMIN, ENV } from './platform.js';

/** Requests of each operation; the seed of a run that failed stands in its message. */
const RUNS = 60;

const PROBLEM = 'application/problem+json';

let server: TestServer;

beforeAll(async () => {
  server = await startServer('apps/all-in-one/main', ENV);
});
afterAll(() => server.stop());

const operations = Object.entries(OPENAPI_DOCUMENT.paths).flatMap(([path, verbs]) =>
  Object.entries(verbs).map(
    ([verb, operation]) => [operation.operationId, path, verb, operation as Described] as const,
  ),
);

it.each(operations)('%s answers whatever comes with what its document says', async (_id, path, verb, operation) => {
  await fc.assert(
    fc.asyncProperty(hostileRequests(path, verb, operation), (request) => expectDecency(verb, request, operation)),
    { numRuns: RUNS, endOnFailure: true },
  );
  expect(server.stderr).not.toMatch(/unhandled|FATAL/i);
});

async function expectDecency(verb: string, request: HostileRequest, operation: Described): Promise<void> {
  const response = await fetch(server.url + request.path, {
    method: verb.toUpperCase(),
    headers: { authorization: `Bearer ${ADMIN}`, ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
    redirect: 'manual',
  });
  const text = await response.text();
  const { status, headers } = response;
  const documented = Object.keys(operation.responses).map(Number);
  const mediaType = headers.get('content-type')?.split(';', 1)[0] ?? '';
  const shown = `${verb} ${request.path}: ${status} ${text.slice(0, 400)}`;
  expect(status, shown).toBeLessThan(500);
  // GraphQL says what is wrong in its own words as well.
  if (status < 400 || (mediaType !== PROBLEM && mediaType in (operation.responses[status]?.content ?? {}))) {
    expect(documented, shown).toContain(status);
    return;
  }
  expect(mediaType, shown).toBe(PROBLEM);
  const { code, request_id } = problem.parse(JSON.parse(text));
  expect(ERRORS[code as ErrorCode]?.status, shown).toBe(status);
  expect(request_id).toBe(headers.get('x-request-id'));
  // An address that a broken parameter makes another one is no longer this operation's.
  if (code !== 'ROUTE_NOT_FOUND' && code !== 'METHOD_NOT_ALLOWED') expect(documented, shown).toContain(status);
}
