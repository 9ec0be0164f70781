import fc from 'fast-check';

/** What an operation of the OpenAPI document takes, as far as this needs it. */
export interface Described {
  operationId: string;
  parameters?: ({ name: string; in: 'path' | 'query' | 'header' } | { $ref: string })[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { content?: Record<string, unknown> }>;
}

export interface HostileRequest {
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer> | undefined;
}

/** What goes wrong where text is taken for what it is not: numbers, keys of a store, paths, patterns, halves of characters. */
const NASTY = [
  '',
  ' ',
  '0',
  '-0',
  '-1',
  '1e309',
  'NaN',
  'Infinity',
  '0x10',
  '9007199254740993',
  '99999999999999999999',
  'null',
  'undefined',
  'true',
  '[]',
  '{}',
  '\0',
  'a\0b',
  '\u{FEFF}',
  '\u{202E}evil',
  '\u{1F469}\u{200D}\u{1F692}',
  'é'.normalize('NFD'),
  '\uFFFD',
  '%',
  '%00',
  '%zz',
  '%c0%ae',
  '..',
  '../../etc/passwd',
  '/',
  '\\',
  "'; DROP TABLE risks; --",
  '" OR ""="',
  '{cell:UInt64}',
  '${1+1}',
  '__proto__',
  'constructor',
  'toString',
  'a'.repeat(300),
  'a'.repeat(5_000),
  '(a+)+$',
  ','.repeat(300),
  '.'.repeat(300),
  '2026-01-01',
  '2026-13-45T99:99:99Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '+275760-09-13T00:00:00Z',
  '-180,-90,180,90',
  '180,-90,-180,90',
  '0,0,0,0',
  '1,2,3',
  '1,2;3,4;5,6',
  '0,0;0,0;0,0',
  '872b9bc71ffffff',
  '800000000000000',
  '8fffffffffffffff',
  '8ffffffffffffff',
  'rsk_00000000',
  '00000000-0000-0000-0000-000000000000',
  'eyJ0IjoxfQ',
  'AAAAAAAAAAAAAAAAAAAAAAAA',
  'risk_id,cell.center',
  'data.page',
];

const text = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 60 }),
);
/** Halves of characters cannot be written into an address at all. */
const addressText = text.map((value) => value.toWellFormed());
/** What a header can carry: Latin-1 without line breaks. */
const headerText = text.map((value) => value.replaceAll(/[^\x20-\x7e\x80-\xff]/g, '').trim());

const HEADERS = [
  'if-match',
  'if-none-match',
  'idempotency-key',
  'x-namespace',
  'x-request-id',
  'accept',
  'accept-encoding',
  'accept-language',
  'range',
  'traceparent',
  'origin',
];
const TAGS = ['"1"', 'W/"1"', '*', '"', '1', '"999999999999"', '"1", "2"'];
const CODINGS = ['gzip', 'br', 'zstd;q=0', '*;q=0', 'identity;q=0, *;q=0', 'gzip;q=2', ';', 'x'.repeat(500)];

const headers = fc.dictionary(fc.constantFrom(...HEADERS), fc.oneof(headerText, fc.constantFrom(...TAGS, ...CODINGS)), {
  maxKeys: 3,
});

const deep = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
const BROKEN_JSON = [
  '',
  '{',
  'nul',
  '{"a":1,}',
  '\u{FEFF}{}',
  '{"a":"\\ud800"}',
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{}}}',
  deep('[', ']', 5_000),
  `{"a":${deep('{"a":', '}', 2_000).replace('}', '1}')}`,
  '1e999',
  `[${'0,'.repeat(20_000)}0]`,
  `"${'x'.repeat(100_000)}"`,
  '{"lat":1e400}',
];
const NAMES = [
  'events',
  'points',
  'cells',
  'operations',
  'query',
  'variables',
  'type',
  'params',
  'status',
  'name',
  'scopes',
  'namespace_id',
  'levels',
  'horizon_hours',
  'n_scenarios',
  'seed',
  'event_type',
  'shape',
  'targets',
  'method',
  'path',
  'body',
  'id',
  'force',
  'comment',
];

/** JSON whose fields have names that the API knows, and values that it does not expect. */
const nearlyGood = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.double(),
    fc.maxSafeInteger(),
    fc.constantFrom(null, true, false, [], {}),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), text), tie('value'), { maxKeys: 5 }),
  ),
})).value;
const bytes = fc.oneof(
  fc.oneof(fc.jsonValue(), nearlyGood).map((value) => JSON.stringify(value)),
  fc.constantFrom(...BROKEN_JSON),
  fc.uint8Array({ maxLength: 200 }).map((array) => new Uint8Array(array)),
);
const OTHER_TYPES = [
  'text/plain',
  'application/xml',
  'application/json; charset=utf-16',
  'multipart/form-data',
  'x',
  '',
];

/** Requests of an operation in which everything that can be wrong may be. */
export function hostileRequests(path: string, verb: string, operation: Described): fc.Arbitrary<HostileRequest> {
  const named = (place: string) =>
    (operation.parameters ?? []).flatMap((one) => ('$ref' in one || one.in !== place ? [] : [one.name]));
  const segments = fc.tuple(
    ...named('path').map(() => fc.oneof(addressText.map(encodeURIComponent), fc.constant('%zz'))),
  );
  const query = fc.array(
    fc.tuple(
      fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(...named('query'), 'fields', 'cursor', 'limit', 'format') },
        { weight: 1, arbitrary: addressText },
      ),
      addressText,
    ),
    { maxLength: 4 },
  );
  const types = Object.keys(operation.requestBody?.content ?? { 'application/json': {} });
  const contentType = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...types) },
    { weight: 1, arbitrary: fc.constantFrom(...OTHER_TYPES) },
  );
  const contentEncoding = fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('gzip', 'zstd', 'br', 'x') },
  );
  return fc
    .record({ segments, query, headers, body: bytes, contentType, contentEncoding })
    .map(({ segments: filled, query: pairs, headers: sent, body, contentType: type, contentEncoding: coding }) => {
      const names = named('path');
      const address = names.reduce(
        (before, name, i) => before.replace(`{${name}}`, () => (filled[i] === '' ? 'x' : (filled[i] ?? 'x'))),
        path,
      );
      const parameters = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
      const carries = verb !== 'get' && verb !== 'delete';
      return {
        path: address + (parameters.length === 0 ? '' : `?${parameters.join('&')}`),
        headers: {
          ...Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== '')),
          ...(carries && type !== '' ? { 'content-type': type } : {}),
          ...(carries && coding !== undefined ? { 'content-encoding': coding } : {}),
        },
        body: carries ? body : undefined,
      };
    });
}
