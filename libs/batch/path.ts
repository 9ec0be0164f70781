/** What is percent-encoded in an address; a fragment or a backslash would make another address of it. */
const FORBIDDEN = /[\p{Cc} \\#]/u;
const DOT_SEGMENT = /^(?:\.|%2e){1,2}$/i;

/** Why a path cannot be asked for within a batch; undefined where it can. It must not lead out of `/api/v1`. */
export function faultOfPath(path: string): string | undefined {
  if (!path.startsWith('/')) return 'must begin with "/"';
  if (FORBIDDEN.test(path)) return 'must have spaces, control characters, "\\" and "#" percent-encoded';
  const [pathname = ''] = path.split('?', 1);
  if (pathname.split('/').some((segment) => DOT_SEGMENT.test(segment))) return 'must not hold "." or ".." as a segment';
  // It is found below the prefix too, where it asks many things at once itself.
  if (pathname === '/graphql') return 'must not be GraphQL, which is asked by itself';
  return undefined;
}
