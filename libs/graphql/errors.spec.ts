import { GraphQLError } from 'graphql/index.js';
import { describe, expect, it, vi } from 'vitest';
import { AppError } from '#platform';
import { showError } from './errors.js';

const located = (originalError: Error) =>
  new GraphQLError(originalError.message, { originalError, path: ['risks', 0] });

describe('an error of a field', () => {
  it('has its code, its path and what is wrong with which argument', () => {
    const unexpected = vi.fn();
    const error = new AppError('REQUEST_INVALID', 'An argument is not valid', {
      errors: [{ path: 'limit', message: 'too small' }],
      extension: { hint: 1 },
    });
    expect(showError(located(error), unexpected)).toEqual({
      message: 'An argument is not valid',
      path: ['risks', 0],
      extensions: { code: 'REQUEST_INVALID', errors: [{ path: 'limit', message: 'too small' }], hint: 1 },
    });
    expect(unexpected).not.toHaveBeenCalled();
  });

  it('that nobody expected says nothing of itself, and is told of to the log', () => {
    const secret = new Error('password=hunter2 at /home/x/file.ts');
    const unexpected = vi.fn();
    const shown = showError(located(secret), unexpected);
    expect(shown.extensions).toEqual({ code: 'INTERNAL' });
    expect(JSON.stringify(shown)).not.toMatch(/hunter2|file\.ts/);
    expect(unexpected).toHaveBeenCalledWith(expect.objectContaining({ code: 'INTERNAL', cause: secret }));
  });

  it('that graphql found in what a resolver answered is ours', () => {
    const unexpected = vi.fn();
    const shown = showError(new GraphQLError('Cannot return null for non-nullable field', { path: ['a'] }), unexpected);
    expect(shown.extensions.code).toBe('INTERNAL');
    expect(unexpected).toHaveBeenCalledOnce();
  });

  it('of a store that is away says so', () => {
    const away = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
    const shown = showError(located(away), () => undefined);
    expect(shown.extensions.code).toBe('UNAVAILABLE');
    expect(shown.message).not.toContain('5432');
  });
});

describe('an error of the query', () => {
  it('is told in the words of graphql, with where it stands', () => {
    const error = new GraphQLError('Cannot query field "x"');
    expect(showError(error, () => undefined)).toEqual({
      message: 'Cannot query field "x"',
      extensions: { code: 'GRAPHQL_INVALID' },
    });
  });

  it('keeps a code of the registry, and no other', () => {
    const codeOf = (code: string) =>
      showError(new GraphQLError('x', { extensions: { code } }), () => undefined).extensions.code;
    expect(codeOf('GRAPHQL_TOO_DEEP')).toBe('GRAPHQL_TOO_DEEP');
    expect(codeOf('toString')).toBe('GRAPHQL_INVALID');
    expect(codeOf('MER_ERR_GQL_VALIDATION')).toBe('GRAPHQL_INVALID');
  });
});
