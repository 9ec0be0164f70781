import { type WriteStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { fileFailure } from '../failure.js';
import { count, plural } from '../terminal.js';

/** A row that was not taken, by this program or by the server. `line` is its place in the file. */
export interface Rejected {
  line: number;
  code: string;
  field: string | null;
  detail: string;
}

interface CodeCount {
  count: number;
  examples: Rejected[];
}

const EXAMPLES = 3;
/** Stands for rejected rows that the server counted but did not list. */
const NOT_LISTED = 'NOT_LISTED';

/** What became of an import's rows. */
export class Tally {
  accepted = 0;
  duplicates = 0;
  rejected = 0;
  /** Some rows wait in the server's spool until its store is back. */
  buffered = false;
  private readonly codes = new Map<string, CodeCount>();

  constructor(private readonly file: RejectsFile | null) {}

  get taken(): number {
    return this.accepted + this.duplicates;
  }

  /** Resolves when the rejects file has room again. */
  async reject(row: Rejected): Promise<void> {
    this.countRejected(row.code, 1, row);
    if (this.file !== null) await this.file.write(row);
  }

  /** Rows the server refused without saying which. */
  rejectUnlisted(n: number): void {
    if (n > 0) this.countRejected(NOT_LISTED, n, null);
  }

  /** Most frequent first. */
  byCode(): [code: string, count: number, examples: readonly Rejected[]][] {
    return [...this.codes]
      .map(([code, entry]): [string, number, readonly Rejected[]] => [code, entry.count, entry.examples])
      .sort((a, b) => b[1] - a[1]);
  }

  private countRejected(code: string, n: number, example: Rejected | null): void {
    this.rejected += n;
    const entry = this.codes.get(code) ?? { count: 0, examples: [] };
    entry.count += n;
    if (example !== null && (entry.examples.length < EXAMPLES || example.line < (entry.examples.at(-1)?.line ?? 0))) {
      // Answers may overtake one another: the first lines of the file are kept, not the first to arrive.
      entry.examples.push(example);
      entry.examples.sort((a, b) => a.line - b.line);
      entry.examples.length = Math.min(entry.examples.length, EXAMPLES);
    }
    this.codes.set(code, entry);
  }
}

/** `--rejects FILE`: every rejected row as a line of JSON. */
export class RejectsFile {
  private failed: unknown = null;

  private constructor(
    readonly path: string,
    private readonly stream: WriteStream,
  ) {
    stream.on('error', (error) => {
      this.failed = error;
    });
  }

  static async open(path: string): Promise<RejectsFile> {
    const stream = createWriteStream(path);
    try {
      await once(stream, 'open');
    } catch (error) {
      throw fileFailure(error, `Cannot write ${path}`);
    }
    return new RejectsFile(path, stream);
  }

  async write({ line, code, field, detail }: Rejected): Promise<void> {
    this.check();
    if (this.stream.write(`${JSON.stringify({ line, code, field, detail })}\n`)) return;
    await once(this.stream, 'drain').catch(() => undefined);
    this.check();
  }

  async close(): Promise<void> {
    this.stream.end();
    await finished(this.stream).catch((error: unknown) => {
      this.failed = error;
    });
    this.check();
  }

  private check(): void {
    if (this.failed !== null) throw fileFailure(this.failed, `Cannot write ${this.path}`);
  }
}

/** The lines that end an import: what was taken, what was not and why, with the first few examples. */
export function tallyLines(tally: Tally, unit: string): string[] {
  const width = Math.max(...[tally.accepted, tally.duplicates, tally.rejected].map((n) => count(n).length));
  const lines = [
    `  accepted    ${count(tally.accepted).padStart(width)}`,
    `  duplicates  ${count(tally.duplicates).padStart(width)}${tally.duplicates > 0 ? '  (their event_id was there already; nothing changed)' : ''}`,
    `  rejected    ${count(tally.rejected).padStart(width)}`,
  ];
  for (const [code, n, examples] of tally.byCode()) {
    lines.push(
      code === NOT_LISTED
        ? `    ${plural(n, 'further row')} that the server did not list (with --rejects FILE it lists each)`
        : `    ${code}: ${count(n)}`,
    );
    for (const { line, field, detail } of examples)
      lines.push(`      ${unit} ${line}: ${field === null ? '' : `${field}: `}${detail}`);
    if (examples.length > 0 && n > examples.length) lines.push(`      … and ${count(n - examples.length)} more`);
  }
  return lines;
}
