/** Who is signed in, kept for this tab only. */
export interface Session {
  readonly token: string;
  /** The namespace asked for with the token; the server has the last word. */
  readonly namespace: string | null;
}

const KEY = 'strisk.session';
type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Token and namespace of `#token=…&namespace=…`; null where the fragment carries no token. */
export function sessionOfFragment(hash: string): Session | null {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const token = params.get('token')?.trim() ?? '';
  const namespace = params.get('namespace')?.trim() ?? '';
  return token === '' ? null : { token, namespace: namespace === '' ? null : namespace };
}

export function loadSession(store: Store): Session | null {
  const text = store.getItem(KEY);
  if (text === null) return null;
  try {
    const { token, namespace } = JSON.parse(text) as Partial<Session>;
    if (typeof token !== 'string' || token === '') return null;
    return { token, namespace: typeof namespace === 'string' ? namespace : null };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export function saveSession(store: Store, session: Session | null): void {
  if (session === null) store.removeItem(KEY);
  else store.setItem(KEY, JSON.stringify(session));
}

/**
 * A token that arrives in the address is moved into the tab's storage and taken out of the address bar and the
 * history, so that it is neither copied with the link nor seen over a shoulder. The fragment never reaches a server.
 */
export function takeSession(store: Store, location: Location, history: History): Session | null {
  const arrived = sessionOfFragment(location.hash);
  if (arrived === null) return loadSession(store);
  saveSession(store, arrived);
  const params = new URLSearchParams(location.search);
  if (arrived.namespace !== null) params.set('namespace', arrived.namespace);
  const search = params.size === 0 ? '' : `?${params.toString()}`;
  history.replaceState(null, '', `${location.pathname}${search}`);
  return arrived;
}
