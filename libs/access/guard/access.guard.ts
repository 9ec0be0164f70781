import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { requestContext } from '#platform';
import type { GuardedRequest } from './access-context.js';
import { Gate } from './gate.js';
import { ACCESS_RULE, type AccessRule } from './require-scope.js';

/** Lets a request through when its token has the route's scope, and binds it to the namespace it may see. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly gate: Gate,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!rule) throw new Error(`${context.getClass().name}.${context.getHandler().name} says nothing of access`);
    if (rule.public) return true;

    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const { principal, namespace } = await this.gate.admit(rule, request.headers);
    request.principal = principal;
    if (namespace) request.namespace = namespace;
    const current = requestContext();
    if (current) {
      current.tokenId = principal.tokenId;
      current.namespaceId = namespace?.namespaceId;
    }
    return true;
  }
}
