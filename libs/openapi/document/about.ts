import { SCOPES, type Scope } from '#contracts';

/** Of the API, not of the program. A breaking change raises the major and has an entry in docs/CHANGELOG-API.md. */
export const API_VERSION = '1.0.0';

export const DESCRIPTION = `
Geolocated events stream in; the platform keeps their history on a hexagon grid, learns how they cluster, and answers for
every cell and every watched place: how likely is the next one, how many, how costly, how sure are we.

JSON names are \`snake_case\`, times are RFC 3339 in UTC, cells are H3 index strings, probabilities run from 0 to 1.

**Getting in.** Every request but those marked open carries \`Authorization: Bearer <token>\`. A token belongs to a
namespace and carries scopes. An administrator's token acts in any: it names one with \`X-Namespace\`.

**Errors** are RFC 9457 \`application/problem+json\`. Branch on \`code\`, which keeps its meaning; \`detail\` is for people
and \`errors\` names every field of a bad request by its path. \`429\` and \`503\` say in \`Retry-After\` when to come back.

**Lists** come in pages: \`{ "data": […], "page": { "limit", "next_cursor", "has_more" } }\`. Send \`next_cursor\` back as
\`cursor\`, with the same filters. The order holds while rows arrive.

**Caching.** Every GET has a strong \`ETag\`; send it back as \`If-None-Match\` and get \`304\` while it holds. Changes take
\`If-Match\`: \`412\` where somebody was faster.

**Limits.** 1,000 requests a minute for a token, and for an address without one, unless the installation says otherwise;
\`RateLimit-*\` headers tell what is left. A JSON body has at most 16 MB and is nested at most 32 deep. A page has at most
1,000 items. A request is answered within 5 seconds unless its description says otherwise.

**Later versions** of this API under \`/api/v1\` may add operations, optional parameters, fields in answers, codes of
problems and values of enumerations. Clients pass over what they do not know.
`.trim();

const SCOPE_DESCRIPTIONS: Record<Scope, string> = {
  'events:write': 'send events',
  'risk:read': 'read events, cells, maps, risks, places and models',
  'risk:write': 'handle risks, change places',
  jobs: 'start jobs, train and activate models',
  admin: 'everything, and tokens, namespaces and monitoring',
};

export const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: [
      'A token of at least 32 characters, shown once when it is made. Its scopes:',
      ...SCOPES.map((scope) => `- \`${scope}\`: ${SCOPE_DESCRIPTIONS[scope]}`),
    ].join('\n'),
  },
};

/** In the order in which a reader needs them; what stands not here comes after it. */
export const TAGS: Readonly<Record<string, string>> = {
  events: 'What happened, where and when: sending it in, reading it back.',
  spool: 'Events that wait while the store is away, and what it refused.',
  cells: 'Hexagons of the grid with their history, neighbours and features.',
  tiles: 'The risk map for map programs.',
  risk: 'How likely the next event is: assessments of places, maps, tiles.',
  risks: 'Cells and places over their threshold, from opening to closing.',
  groups: 'Groups of watched places.',
  targets: 'Watched places: a point with a radius, or a polygon.',
  models: 'Fitted models with their scores beside the baselines.',
  jobs: 'Work that takes longer than a request.',
  'job-events': 'What happens to a job, as it happens.',
  'job-logs': 'What a job has said.',
  results: 'What a job has made, to be read or downloaded.',
  schedules: 'Jobs that are done again and again.',
  'dead-letters': 'Jobs that failed for good, to be looked at, tried again or forgotten.',
  'board-session': 'The way into the board of queues.',
  batch: 'Many operations in one request.',
  graphql: 'The read side as a graph.',
  namespaces: 'Separate worlds, each with its own events, models and people.',
  tokens: 'Who may do what.',
  'audit-log': 'Who changed what, and when.',
  cache: 'What is kept, and how often it is asked for.',
  health: 'Whether the process lives, and whether it can serve.',
  metrics: 'Figures for Prometheus.',
  openapi: 'This document and its page.',
};
