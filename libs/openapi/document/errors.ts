import { type ErrorCode, ERRORS, type Problem } from '#contracts';
import { isSelectable } from './selectable.js';
import type { Route } from './routes.js';

/** Every problem of an operation, by status: those its route names, and those that follow from what it takes. */
export function errorsOf(route: Route): Map<number, ErrorCode[]> {
  const codes = new Set<ErrorCode>([...inherent(route), ...(route.answers.errors ?? [])]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    if (!codes.has(code)) continue;
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return new Map([...byStatus].sort(([a], [b]) => a - b));
}

function inherent(route: Route): ErrorCode[] {
  const { access, answers, query, body, params, headers, documented } = route;
  const codes: ErrorCode[] = ['INTERNAL', 'OVERLOADED', 'ADDRESS_TOO_LONG', 'HEADERS_TOO_LARGE'];
  const takesBody = body !== undefined || documented.body !== undefined;
  if (!access.public) {
    codes.push('TOKEN_MISSING', 'TOKEN_INVALID', 'TOKEN_EXPIRED', 'TOKEN_REVOKED', 'RATE_LIMITED', 'UNAVAILABLE');
    if (access.scope !== 'any') codes.push('SCOPE_MISSING');
    if (access.namespace) codes.push('NAMESPACE_FORBIDDEN', 'NAMESPACE_NOT_FOUND');
  }
  // Also an address that cannot be decoded, and a parameter that is longer than any route takes.
  if (params.length > 0) codes.push('REQUEST_INVALID', 'REQUEST_MALFORMED', 'ROUTE_NOT_FOUND');
  if (query !== undefined || takesBody || route.idempotent || isSelectable(route)) codes.push('REQUEST_INVALID');
  if (query !== undefined && 'cursor' in query.shape) codes.push('CURSOR_INVALID');
  // A body that no route asked for is read all the same, and has to be one.
  if (takesBody || route.verb !== 'get')
    codes.push(
      'REQUEST_MALFORMED',
      'BODY_TOO_LARGE',
      'BODY_TOO_COMPLEX',
      'MEDIA_TYPE_UNSUPPORTED',
      'ENCODING_UNSUPPORTED',
    );
  if (headers.includes('if-match')) codes.push('VERSION_CONFLICT');
  if (route.idempotent) codes.push('IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_IN_PROGRESS');
  if (answers.formats !== undefined) codes.push('REQUEST_INVALID', 'NOT_ACCEPTABLE');
  if (answers.deadlineMs !== null) codes.push('DEADLINE_EXCEEDED');
  return codes;
}

/** Where a title alone would leave open what to do. */
const DETAILS: Partial<Record<ErrorCode, string>> = {
  REQUEST_INVALID: 'A field is not valid',
  CURSOR_INVALID: 'Use the next_cursor of the page before, unchanged and with the same filters',
  SCOPE_MISSING: 'This needs a token with the scope risk:read',
  NAMESPACE_FORBIDDEN: 'The namespace in X-Namespace is not the one of the token',
  INTERNAL: 'The cause stands in the log under the request id',
  RATE_LIMITED: 'More than 1000 requests in a minute; try again in 12 s',
  DEADLINE_EXCEEDED: 'The request took longer than it may',
};
const FIELDS: Partial<Record<ErrorCode, Problem['errors']>> = {
  REQUEST_INVALID: [{ path: 'horizon', message: 'Too big: expected number to be <=720' }],
  CURSOR_INVALID: [{ path: 'cursor', message: 'is not a cursor of this list with these filters' }],
  EVENTS_ALL_REJECTED: [{ path: 'events.0.lat', message: 'EVENT_LAT_OUT_OF_RANGE: 91 is not between -90 and 90' }],
};

/** The examples of all problems, by code, for `#/components/examples/`. */
export function problemExamples(): Record<string, { summary: string; value: Problem }> {
  return Object.fromEntries(
    (Object.keys(ERRORS) as ErrorCode[]).map((code) => {
      const { status, title } = ERRORS[code];
      const value: Problem = {
        type: `urn:st-risk-platform:problem:${code.toLowerCase().replaceAll('_', '-')}`,
        title,
        status,
        detail: DETAILS[code] ?? title,
        instance: '/api/v1/risk-map',
        code,
        request_id: '0f3d2a9c-5b1e-4c77-9a52-6f0e7d1c8b34',
        errors: FIELDS[code] ?? [],
      };
      return [code, { summary: title, value }];
    }),
  );
}
