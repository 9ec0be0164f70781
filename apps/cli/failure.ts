import type { Problem } from '#contracts';

/** What the process ends with; documented in docs/cli.md, so scripts may branch on it. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  unreachable: 3,
  forbidden: 4,
  rejected: 5,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An end that the user is told about in one clear line, with further lines that say what to do. Never shown with a stack. */
export class CliFailure extends Error {
  override readonly name: string = 'CliFailure';

  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.failure,
    readonly hints: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The command was called wrongly: exit code 2. */
export function usage(message: string, ...hints: string[]): CliFailure {
  return new CliFailure(message, EXIT.usage, hints);
}

/** The platform answered with an error. `code` is the problem's stable code, or null where the answer was no problem. */
export class ServerFailure extends CliFailure {
  override readonly name = 'ServerFailure';

  constructor(
    message: string,
    readonly status: number,
    readonly code: string | null,
    readonly body: unknown,
    hints: readonly string[] = [],
  ) {
    super(message, status === 401 || status === 403 ? EXIT.forbidden : EXIT.failure, hints);
  }

  static ofProblem(problem: Problem): ServerFailure {
    const detail = problem.detail === '' || problem.detail === problem.title ? '' : `: ${problem.detail}`;
    const fields = problem.errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
    return new ServerFailure(`${problem.title}${detail} (${problem.code})`, problem.status, problem.code, problem, [
      ...fields,
      ...hintsFor(problem),
    ]);
  }
}

function hintsFor(problem: Problem): string[] {
  switch (problem.code) {
    case 'TOKEN_MISSING':
      return ['Give a token with --token or STRISK_TOKEN; the first administrator’s stands in DATA_DIR/admin-token.'];
    case 'NAMESPACE_NOT_FOUND':
      return ['"strisk namespace list" shows those there are; "strisk namespace create ID" makes one.'];
    case 'MODEL_LOSES_TO_BASELINE':
      return ['Add --force to put it into service all the same; its card will say so.'];
    case 'STORAGE_FULL':
      return ['The server’s disk is full: make room there, then run the command again.'];
    case 'INTERNAL':
      return [`The server’s log has more under request ${problem.request_id}.`];
    default:
      return [];
  }
}

/** The command was interrupted (Ctrl-C) and has stopped in good order. */
export function interrupted(message: string, ...hints: string[]): CliFailure {
  return new CliFailure(message, EXIT.interrupted, hints);
}

/** `error.code` of Node's system errors, else null. */
export function systemCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? null : systemCode(error.cause);
}

/** Says in words what a failed file operation met. `what` begins the sentence: `cannot write out.csv`. */
export function fileFailure(error: unknown, what: string): CliFailure {
  if (error instanceof CliFailure) return error;
  const code = systemCode(error);
  const reason =
    (code === null ? undefined : FILE_REASONS[code]) ?? (error instanceof Error ? error.message : String(error));
  return new CliFailure(`${what}: ${reason}`, EXIT.failure, [], { cause: error });
}

const FILE_REASONS: Partial<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
};
