import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AppError } from '#platform';
import { NamespacesService } from '../namespaces/namespaces.service.js';
import { TokensService } from '../tokens/tokens.service.js';
import type { GuardedRequest } from './access-context.js';
import { ACCESS_RULE, type AccessRule } from './require-scope.js';

const DEFAULT_NAMESPACE = 'default';

/** Lets a request through when its token has the route's scope, and binds it to the namespace it may see. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: TokensService,
    private readonly namespaces: NamespacesService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!rule) throw new Error(`${context.getClass().name}.${context.getHandler().name} says nothing of access`);
    if (rule.public) return true;

    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const principal = await this.tokens.authenticate(request.headers.authorization);
    const administrator = principal.scopes.includes('admin');
    if (rule.scope !== 'any' && !administrator && !principal.scopes.includes(rule.scope))
      throw new AppError('SCOPE_MISSING', `This needs a token with the scope ${rule.scope}`);

    request.principal = principal;
    const named = request.headers['x-namespace'];
    const wanted = typeof named === 'string' && named !== '' ? named : undefined;
    if (principal.namespaceId !== null && wanted !== undefined && wanted !== principal.namespaceId)
      throw new AppError('NAMESPACE_FORBIDDEN', 'The namespace in X-Namespace is not the one of the token');
    if (rule.namespace)
      request.namespace = await this.namespaces.require(principal.namespaceId ?? wanted ?? DEFAULT_NAMESPACE);
    return true;
  }
}
