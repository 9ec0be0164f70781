import { GraphQLError } from 'graphql/index.js';
import { type ErrorCode, ERRORS } from '#contracts';
import { AppError, toAppError } from '#platform';

/** An error as it stands in an answer. */
export interface ShownError {
  message: string;
  locations?: GraphQLError['locations'];
  path?: GraphQLError['path'];
  extensions: { code: ErrorCode } & Record<string, unknown>;
}

/**
 * An error of a query as clients see it: with a code of the registry, and of what nobody expected nothing but the code.
 * @param unexpected is told of errors that are ours
 */
export function showError(error: Error, unexpected: (error: AppError) => void): ShownError {
  const known = codeOf(error);
  // Of the query itself: graphql says what is wrong and where, in words made for clients.
  const app = known ? new AppError(known, error.message) : toAppError(causeOf(error));
  if (app.status >= 500) unexpected(app);
  const { locations, path } = error instanceof GraphQLError ? error : {};
  return {
    message: app.message,
    ...(locations && locations.length > 0 ? { locations } : {}),
    ...(path ? { path } : {}),
    extensions: {
      code: app.code,
      ...(app.errors.length > 0 ? { errors: app.errors } : {}),
      ...app.extension,
    },
  };
}

function codeOf(error: Error): ErrorCode | undefined {
  if (!(error instanceof GraphQLError)) return undefined;
  const { code } = error.extensions;
  if (typeof code === 'string' && Object.hasOwn(ERRORS, code)) return code as ErrorCode;
  // What was found before anything ran stands at no path of the answer.
  return error.path === undefined && error.originalError === undefined ? 'GRAPHQL_INVALID' : undefined;
}

const causeOf = (error: Error): Error => (error instanceof GraphQLError ? (error.originalError ?? error) : error);
