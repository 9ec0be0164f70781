/** In the order in which we prefer them where the client likes them alike. */
const CODINGS = ['br', 'zstd', 'gzip', 'identity'] as const;
export type ContentCoding = (typeof CODINGS)[number];

/** Smaller bodies fit into a packet anyway. */
export const COMPRESS_FROM_BYTES = 1_024;

const known = new Map<string, ContentCoding>();
/** Browsers and libraries send a few dozen forms of the header among them. */
const MAX_KNOWN = 500;

/** The coding to answer in (RFC 9110, 12.5.3): the client's weights first, then our own order. */
export function codingFor(acceptEncoding: string | undefined): ContentCoding {
  if (acceptEncoding === undefined || acceptEncoding === '') return 'identity';
  const before = known.get(acceptEncoding);
  if (before !== undefined) return before;
  const chosen = choose(acceptEncoding);
  if (known.size < MAX_KNOWN) known.set(acceptEncoding, chosen);
  return chosen;
}

function choose(header: string): ContentCoding {
  const weights = new Map<string, number>();
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    if (name !== '' && weight >= 0 && weight <= 1) weights.set(name, weight);
  }
  const any = weights.get('*');
  let best: ContentCoding = 'identity';
  let bestWeight = 0;
  for (const coding of CODINGS) {
    // What is not named is refused, but for the plain bytes, which stand behind everything that is named.
    const weight = weights.get(coding) ?? any ?? (coding === 'identity' ? Number.MIN_VALUE : 0);
    if (weight > bestWeight) [best, bestWeight] = [coding, weight];
  }
  return best;
}

/** The tag of a body in a coding: strong tags tell codings apart. */
export function tagIn(tag: string, coding: ContentCoding): string {
  return coding === 'identity' ? tag : `${tag.slice(0, -1)}-${coding}"`;
}

/** Whether an If-None-Match header names the tag, in whatever coding the client has it. */
export function matchesTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const bare = tag.slice(1, -1);
  return ifNoneMatch.split(',').some((one) => {
    const given = one.trim().replace(/^W\//, '');
    if (given === '*') return true;
    return given.startsWith('"') && given.slice(1, -1).replace(/-(?:br|zstd|gzip)$/, '') === bare;
  });
}
