import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { Scope } from '#contracts';
import { AppError, inProcessCaller } from '#platform';
import type { NamespaceEntity } from '../namespaces/namespace.entity.js';
import { NamespacesService } from '../namespaces/namespaces.service.js';
import { TokensService } from '../tokens/tokens.service.js';
import type { Principal } from './access-context.js';
import type { AccessRule } from './require-scope.js';

const DEFAULT_NAMESPACE = 'default';
/** Of no row: who looks it up in the log sees that nobody from outside asked. */
const OWN_TOKEN_ID = '00000000-0000-0000-0000-000000000000';

/** Who was let in, and the namespace of the request where its route is of one. */
export interface Admission {
  principal: Principal;
  namespace: NamespaceEntity | undefined;
}

/** The one place that decides who may do what: routes of the framework, of plugins and the hot path all ask here. */
@Injectable()
export class Gate {
  constructor(
    private readonly tokens: TokensService,
    private readonly namespaces: NamespacesService,
  ) {}

  /** Who asks and for which namespace, from memory and at once; undefined where it takes `admit` to say. */
  known(headers: IncomingHttpHeaders, connection: object): { principal: Principal; namespaceId: string } | undefined {
    const principal = this.tokens.known(headers.authorization, connection);
    if (!principal) return undefined;
    const wanted = namedIn(headers);
    if (principal.namespaceId !== null && wanted !== undefined && wanted !== principal.namespaceId) return undefined;
    return { principal, namespaceId: principal.namespaceId ?? wanted ?? DEFAULT_NAMESPACE };
  }

  /** @throws AppError TOKEN_*, SCOPE_MISSING, NAMESPACE_FORBIDDEN, NAMESPACE_NOT_FOUND */
  async admit(rule: Exclude<AccessRule, { public: true }>, headers: IncomingHttpHeaders): Promise<Admission> {
    const principal = ownPrincipal() ?? (await this.tokens.authenticate(headers.authorization));
    requireScope(principal, rule.scope);
    const namespaceId = namespaceOf(principal, headers);
    return { principal, namespace: rule.namespace ? await this.namespaces.require(namespaceId) : undefined };
  }
}

/** The platform asking its own routes. */
function ownPrincipal(): Principal | undefined {
  const caller = inProcessCaller();
  return (
    caller && {
      tokenId: OWN_TOKEN_ID,
      name: 'platform',
      scopes: caller.scopes as Scope[],
      namespaceId: caller.namespaceId,
    }
  );
}

/** An administrator has all scopes. */
export function hasScope(principal: Principal, scope: string): boolean {
  return scope === 'any' || principal.scopes.some((one) => one === scope || one === 'admin');
}

function requireScope(principal: Principal, scope: string): void {
  if (!hasScope(principal, scope)) throw new AppError('SCOPE_MISSING', `This needs a token with the scope ${scope}`);
}

/** A token's own namespace; an administrator names one. */
function namespaceOf(principal: Principal, headers: IncomingHttpHeaders): string {
  const wanted = namedIn(headers);
  if (principal.namespaceId !== null && wanted !== undefined && wanted !== principal.namespaceId)
    throw new AppError('NAMESPACE_FORBIDDEN', 'The namespace in X-Namespace is not the one of the token');
  return principal.namespaceId ?? wanted ?? DEFAULT_NAMESPACE;
}

function namedIn(headers: IncomingHttpHeaders): string | undefined {
  const named = headers['x-namespace'];
  return typeof named === 'string' && named !== '' ? named : undefined;
}
