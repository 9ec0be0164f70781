import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Scope } from '#contracts';
import type { NamespaceEntity } from '../namespaces/namespace.entity.js';

/** Who a token stands for. */
export interface Principal {
  tokenId: string;
  name: string;
  scopes: readonly Scope[];
  /** null: an administrator, who names the namespace with each request. */
  namespaceId: string | null;
}

/** What a guarded handler may rely on: who asks, for which namespace, under which request id. */
export interface AccessContext {
  principal: Principal;
  namespace: NamespaceEntity;
  requestId: string;
}

/** The principal and, on routes that are of a namespace, the namespace, as the guard left them on the request. */
export interface GuardedRequest extends FastifyRequest {
  principal?: Principal;
  namespace?: NamespaceEntity;
}

export const auditedBy = (access: AccessContext) => ({
  namespaceId: access.namespace.namespaceId,
  tokenId: access.principal.tokenId,
  requestId: access.requestId,
});

/** The access context of a route that is of a namespace. */
export const Access = createParamDecorator((_: unknown, context: ExecutionContext): AccessContext => {
  const request = context.switchToHttp().getRequest<GuardedRequest>();
  if (!request.principal || !request.namespace) throw new Error('The route is not of a namespace');
  return { principal: request.principal, namespace: request.namespace, requestId: request.id };
});

/** Who asks, on routes that are of no namespace. */
export const Caller = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal & { requestId: string } => {
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    if (!request.principal) throw new Error('The route is not guarded');
    return { ...request.principal, requestId: request.id };
  },
);
