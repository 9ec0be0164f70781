import { describe, expect, it } from 'vitest';
import { ApiError, errorOfAnswer, errorOfFailure } from './api-error.js';
import { explain } from './explain.js';

const problem = (over: object) =>
  JSON.stringify({
    type: 'https://example.test/e',
    title: 'There is no risk surface yet',
    status: 404,
    detail: 'No model of fire is active.',
    instance: '/api/v1/risk-map',
    code: 'SURFACE_NOT_READY',
    request_id: 'req_7',
    errors: [],
    ...over,
  });

describe('errorOfAnswer', () => {
  it('takes code, detail and request id from a problem document', () => {
    const error = errorOfAnswer(404, new Headers(), problem({}));
    expect(error).toMatchObject({ status: 404, code: 'SURFACE_NOT_READY', message: 'No model of fire is active.' });
    expect(error.details.requestId).toBe('req_7');
    expect(error.passing).toBe(false);
  });

  it('names every field that was wrong', () => {
    const errors = [{ path: 'horizon', message: 'must be at most 720' }];
    expect(errorOfAnswer(400, new Headers(), problem({ detail: '', title: 'Not valid', errors })).message).toBe(
      'Not valid — horizon: must be at most 720',
    );
  });

  it.each([
    ['HTML of a proxy', '<html>Bad gateway</html>'],
    ['nothing', ''],
    ['JSON that is no problem', '{"error":"x"}'],
  ])('gives the status alone for %s', (_, body) => {
    const error = errorOfAnswer(502, new Headers({ 'retry-after': '3' }), body);
    expect(error).toMatchObject({ status: 502, code: 'HTTP_ERROR', passing: true });
    expect(error.message).toContain('502');
    expect(error.details.retryAfterMs).toBe(3000);
  });

  it('signs out on 401 alone', () => {
    expect(errorOfAnswer(401, new Headers(), problem({ code: 'TOKEN_EXPIRED' })).signsOut).toBe(true);
    expect(errorOfAnswer(403, new Headers(), problem({ code: 'SCOPE_MISSING' })).signsOut).toBe(false);
  });
});

describe('errorOfFailure', () => {
  it('is silent where the caller called it off', () => {
    expect(errorOfFailure(new DOMException('', 'AbortError'), true)).toBeNull();
  });

  it('tells a time-out from a connection that fails', () => {
    expect(errorOfFailure(new DOMException('', 'TimeoutError'), false)?.code).toBe('TIMEOUT');
    expect(errorOfFailure(new TypeError('fetch failed'), false)).toMatchObject({
      code: 'NETWORK',
      status: 0,
      passing: true,
    });
  });

  it('keeps an error that is already one of ours', () => {
    const error = new ApiError(404, 'NOT_FOUND', 'x');
    expect(errorOfFailure(error, false)).toBe(error);
  });
});

describe('explain', () => {
  it('has words of its own for what a person can mend', () => {
    expect(explain(new ApiError(401, 'TOKEN_EXPIRED', 'raw')).title).toBe('This token has expired');
  });

  it('gives the server’s words and the request’s id for the rest', () => {
    const error = errorOfAnswer(
      503,
      new Headers(),
      problem({ code: 'UNAVAILABLE', title: 'A part is away', detail: 'ClickHouse' }),
    );
    expect(explain(error)).toEqual({ title: 'A part is away', detail: 'ClickHouse (request req_7)' });
  });
});
