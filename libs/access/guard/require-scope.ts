import { SetMetadata } from '@nestjs/common';
import type { Scope } from '#contracts';

export const ACCESS_RULE = Symbol('access-rule');

/** What a route asks of its caller. */
export type AccessRule = { public: true } | { public: false; scope: Scope | 'any'; namespace: boolean };

/** The route needs a token with this scope (an administrator has all) and acts in the token's namespace. */
export const RequireScope = (scope: Scope | 'any', options: { namespace: boolean } = { namespace: true }) =>
  SetMetadata(ACCESS_RULE, { public: false, scope, namespace: options.namespace } satisfies AccessRule);

/** The route is open to everyone. Only for what must answer without a token: liveness, readiness, the console's files. */
export const Public = () => SetMetadata(ACCESS_RULE, { public: true } satisfies AccessRule);
