/** An error as ClickHouse's HTTP interface sends it. */
export class ClickHouseFailure extends Error {
  readonly code: number;

  constructor(code: number, type: string, message: string, options?: ErrorOptions) {
    super(`Code: ${code}. DB::Exception: ${message} (${type})`, options);
    this.code = code;
  }
}

/** The code in an error's text (`Code: 60. DB::Exception: …`), 1002 (UNKNOWN_EXCEPTION) where it has none. */
export function errorCode(error: unknown): number {
  if (error instanceof ClickHouseFailure) return error.code;
  const found = /^Code: (\d+)/.exec(error instanceof Error ? error.message : String(error));
  return found === null ? 1002 : Number(found[1]);
}

/** ClickHouse's table of codes that have a status of their own (src/Server/HTTP/exceptionCodeToHTTPStatus.cpp, 26.x). */
const STATUS_CODES: ReadonlyArray<readonly [status: number, codes: readonly number[]]> = [
  [401, [194]],
  [403, [192, 193, 497, 512, 516]],
  [400, [6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676]],
  [404, [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511]],
  [408, [159]],
  [411, [381]],
  [413, [229]],
  [415, [779]],
  [501, [48]],
  [503, [76, 209, 439]],
];

const STATUS = new Map(STATUS_CODES.flatMap(([status, codes]) => codes.map((code) => [code, status] as const)));

/** The HTTP status of an exception code; 500 for most. */
export function httpStatus(code: number): number {
  return STATUS.get(code) ?? 500;
}

/** The body of an error answer: the exception with the server's version, as the clients' parsers expect it. */
export function errorBody(error: unknown, version: string): string {
  const text = (error instanceof Error ? error.message : String(error)).trimEnd();
  const message = /^Code: \d+/.test(text) ? text : `Code: 1002. DB::Exception: ${text} (UNKNOWN_EXCEPTION)`;
  return `${message} (version ${version})\n`;
}
