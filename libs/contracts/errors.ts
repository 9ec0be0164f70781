/** One entry an error that clients may meet: what status it has, how it is titled, whether trying again can help. */
export interface ErrorKind {
  status: number;
  title: string;
  retry: boolean;
}

/** The registry of error codes. A code, once published, keeps its meaning. */
export const ERRORS = {
  REQUEST_INVALID: { status: 400, title: 'The request is not valid', retry: false },
  REQUEST_MALFORMED: { status: 400, title: 'The request could not be read', retry: false },
  CURSOR_INVALID: { status: 400, title: 'The cursor is not one of this list', retry: false },
  CELL_RESOLUTION_WRONG: { status: 400, title: 'The cell has not the resolution of the namespace', retry: false },
  CELL_INVALID: { status: 400, title: 'This is not an H3 cell', retry: false },
  RESOLUTION_TOO_FINE: { status: 400, title: 'The resolution is finer than the namespace keeps', retry: false },
  EVENT_TYPE_AMBIGUOUS: { status: 400, title: 'The namespace has several event types', retry: false },
  TOKEN_MISSING: { status: 401, title: 'A token is needed', retry: false },
  TOKEN_INVALID: { status: 401, title: 'The token is not known', retry: false },
  TOKEN_EXPIRED: { status: 401, title: 'The token has expired', retry: false },
  TOKEN_REVOKED: { status: 401, title: 'The token was revoked', retry: false },
  SCOPE_MISSING: { status: 403, title: 'The token has not the scope this needs', retry: false },
  NAMESPACE_FORBIDDEN: { status: 403, title: 'The token belongs to another namespace', retry: false },
  NOT_FOUND: { status: 404, title: 'There is no such thing here', retry: false },
  ROUTE_NOT_FOUND: { status: 404, title: 'There is no such route', retry: false },
  NAMESPACE_NOT_FOUND: { status: 404, title: 'There is no such namespace', retry: false },
  CELL_UNKNOWN: { status: 404, title: 'The cell is outside what this namespace covers', retry: false },
  EVENT_TYPE_UNKNOWN: { status: 404, title: 'The namespace has no such event type', retry: false },
  SURFACE_NOT_READY: { status: 404, title: 'There is no risk surface yet', retry: true },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The route has not this method', retry: false },
  NAMESPACE_EXISTS: { status: 409, title: 'The namespace exists already', retry: false },
  MODEL_LOSES_TO_BASELINE: { status: 409, title: 'The model loses to a baseline', retry: false },
  RISK_CLOSED: { status: 409, title: 'The risk is closed', retry: false },
  VERSION_CONFLICT: { status: 412, title: 'It was changed since you read it', retry: false },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large', retry: false },
  EVENTS_TOO_MANY: { status: 413, title: 'Too many events in one request', retry: false },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'This media type is not read here', retry: false },
  ENCODING_UNSUPPORTED: { status: 415, title: 'This content encoding is not read here', retry: false },
  ENCODING_BROKEN: { status: 400, title: 'The compressed body is broken', retry: false },
  EVENTS_ALL_REJECTED: { status: 422, title: 'No event could be taken', retry: false },
  BULK_HEADER_INVALID: { status: 400, title: 'The header of the CSV does not fit', retry: false },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The idempotency key was used for another request', retry: false },
  TRAINING_DATA_TOO_THIN: { status: 422, title: 'There are too few events to fit a model', retry: false },
  RATE_LIMITED: { status: 429, title: 'Too many requests', retry: true },
  INTERNAL: { status: 500, title: 'Something went wrong here', retry: true },
  STORAGE_FULL: { status: 507, title: 'The storage is full', retry: true },
  UNAVAILABLE: { status: 503, title: 'A part of the platform is not available', retry: true },
  DEADLINE_EXCEEDED: { status: 504, title: 'It took too long', retry: true },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;
