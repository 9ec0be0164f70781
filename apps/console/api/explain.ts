import { ApiError } from './api-error.js';

/** What to tell a person about a failure: what happened, and what can be done. */
export interface Explanation {
  readonly title: string;
  readonly detail: string;
}

const KNOWN: Readonly<Record<string, Explanation>> = {
  TOKEN_INVALID: {
    title: 'This token is not known',
    detail: 'Check that it was copied whole. Tokens are shown once, when they are made.',
  },
  TOKEN_EXPIRED: {
    title: 'This token has expired',
    detail: 'Ask an administrator for a new one, or make one with “strisk token create”.',
  },
  TOKEN_REVOKED: { title: 'This token was revoked', detail: 'Ask an administrator for a new one.' },
  TOKEN_MISSING: { title: 'A token is needed', detail: 'Enter the token you were given.' },
  SCOPE_MISSING: {
    title: 'This token may not read risk',
    detail: 'The console needs a token with the scope risk:read.',
  },
  RATE_LIMITED: { title: 'Too many requests', detail: 'The page tries again by itself in a moment.' },
  NETWORK: { title: 'The server cannot be reached', detail: 'Check the connection, and that the platform is running.' },
  TIMEOUT: { title: 'The server did not answer in time', detail: 'It may be busy; try again in a moment.' },
  CELL_UNKNOWN: { title: 'Outside the covered area', detail: 'The model of this event type does not cover this cell.' },
  CELL_RESOLUTION_WRONG: {
    title: 'Not a cell of this namespace',
    detail: 'The namespace keeps its events at another resolution.',
  },
};

export function explain(error: unknown): Explanation {
  if (!(error instanceof ApiError)) return { title: 'Something went wrong in the page', detail: String(error) };
  const known = KNOWN[error.code];
  if (known !== undefined) return known;
  const reference = error.details.requestId === undefined ? '' : ` (request ${error.details.requestId})`;
  return { title: error.details.title ?? 'The request failed', detail: `${error.message}${reference}` };
}
