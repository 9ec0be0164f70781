import type { components } from './schema.js';

/** RFC 9457 problem details as the platform writes them. */
export type Problem = components['schemas']['Problem'];

/**
 * The platform answered with an error. `code` is the problem's, stable and to be branched on; null where the answer was
 * no problem of ours: from a proxy, say.
 */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    readonly problem: Problem | null,
    /** The answer without its body: its headers tell when to come back, and which request it was. */
    readonly response: Response,
    /** The body as it was sent. */
    readonly text: string,
  ) {
    super(problem ? `${problem.title}: ${problem.detail} (${problem.code})` : `The server answered ${status}`);
  }

  get code(): string | null {
    return this.problem?.code ?? null;
  }

  get requestId(): string | null {
    return this.problem?.request_id ?? this.response.headers.get('x-request-id');
  }

  /** Reads the body of an answer that is an error. */
  static async of(response: Response): Promise<ApiProblem> {
    const text = await response.text();
    return new ApiProblem(response.status, problemIn(text), response, text);
  }
}

function problemIn(text: string): Problem | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string'
    ? (value as Problem)
    : null;
}
