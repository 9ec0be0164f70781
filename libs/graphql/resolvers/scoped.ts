import type { MercuriusContext } from 'mercurius';
import { z } from 'zod';
import type { AccessContext } from '#access';
import type { Scope } from '#contracts';
import { AppError } from '#platform';

/** What every resolver is given. */
export interface GraphqlContext extends MercuriusContext {
  access: AccessContext;
  operationName: string | undefined;
}

export type Resolver<Parent = unknown> = (parent: Parent, args: object, context: GraphqlContext) => unknown;

/** Throws unless the caller has the scope. An administrator has all. */
export function requireScope({ principal }: AccessContext, scope: Scope): void {
  if (!principal.scopes.includes(scope) && !principal.scopes.includes('admin'))
    throw new AppError('SCOPE_MISSING', `This needs a token with the scope ${scope}`);
}

/**
 * A field of the root: who may ask it, and with what. The arguments are judged by the schema of the REST route that
 * answers the same, so that the same mistakes are told in the same words.
 */
export function query<S extends z.ZodType>(
  scope: Scope | 'any',
  schema: S,
  resolve: (access: AccessContext, args: z.output<S>) => unknown,
): Resolver {
  return (_parent, args, { access }) => {
    if (scope !== 'any') requireScope(access, scope);
    return resolve(access, read(schema, args));
  };
}

/** Reads arguments; an explicit null is as good as none. */
export function read<S extends z.ZodType>(schema: S, args: object): z.output<S> {
  const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  throw new AppError(
    'REQUEST_INVALID',
    issues.length === 1 ? 'An argument is not valid' : `${issues.length} arguments are not valid`,
    {
      errors: issues.slice(0, 100).map(({ path, message }) => ({ path: path.join('.'), message })),
    },
  );
}
