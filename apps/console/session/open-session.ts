import type { Namespace, TokenSelf } from '#contracts';
import { Api } from '../api/api.js';
import { ApiError } from '../api/api-error.js';
import type { Session } from './session.js';

/** A session the server has accepted. */
export interface OpenSession {
  readonly self: TokenSelf;
  readonly isAdmin: boolean;
  readonly mayAcknowledge: boolean;
  /** To send with every call; null for a token that has its namespace built in. */
  readonly namespaceHeader: string | null;
  /** Namespaces to choose from: all for an administrator, the token's own otherwise. */
  readonly namespaces: readonly Namespace[];
  /** Something that is not as it was asked for, in a sentence. */
  readonly notice: string | null;
}

type ApiOf = (namespace: string | null) => Pick<Api, 'self' | 'namespaces'>;

const isCode = (error: unknown, ...codes: string[]) => error instanceof ApiError && codes.includes(error.code);

/**
 * Asks who the token is, in the namespace asked for or, where that is not to be had, in the one that is.
 *
 * @throws ApiError as the server answers; `SCOPE_MISSING` for a token that may not read risk.
 */
export async function openSession(session: Session, signal: AbortSignal, apiOf?: ApiOf): Promise<OpenSession> {
  const connect: ApiOf = apiOf ?? ((namespace) => new Api({ token: session.token, namespace }));
  let notice: string | null = null;
  let self: TokenSelf;
  try {
    self = await connect(session.namespace).self(signal);
  } catch (error) {
    if (session.namespace === null || !isCode(error, 'NAMESPACE_NOT_FOUND', 'NAMESPACE_FORBIDDEN')) {
      if (!isCode(error, 'NAMESPACE_NOT_FOUND')) throw error;
      // An administrator's token without a namespace means `default`, which need not exist.
      self = await selfOfFirst(connect, signal, error);
    } else {
      self = await withoutNamespace(connect, signal);
      notice = `The namespace “${session.namespace}” is not to be had with this token; this is “${self.namespace.name}”.`;
    }
  }
  const isAdmin = self.scopes.includes('admin');
  if (!isAdmin && !self.scopes.includes('risk:read')) {
    throw new ApiError(403, 'SCOPE_MISSING', 'The token has not the scope risk:read.');
  }
  const namespaceHeader = isAdmin ? self.namespace.namespace_id : null;
  return {
    self,
    isAdmin,
    mayAcknowledge: isAdmin || self.scopes.includes('risk:write'),
    namespaceHeader,
    namespaces: isAdmin ? await connect(namespaceHeader).namespaces(signal) : [self.namespace],
    notice,
  };
}

async function withoutNamespace(connect: ApiOf, signal: AbortSignal): Promise<TokenSelf> {
  try {
    return await connect(null).self(signal);
  } catch (error) {
    if (!isCode(error, 'NAMESPACE_NOT_FOUND')) throw error;
    return selfOfFirst(connect, signal, error);
  }
}

async function selfOfFirst(connect: ApiOf, signal: AbortSignal, missing: unknown): Promise<TokenSelf> {
  const [first] = await connect(null).namespaces(signal);
  if (first === undefined) throw missing;
  return connect(first.namespace_id).self(signal);
}
