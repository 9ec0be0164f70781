/** Rows of one bulk request: lines of NDJSON and, for each, its place in the file. */
export interface Chunk {
  lines: string[];
  /** `fileLines[i]` is where `lines[i]` stands in the file. */
  fileLines: number[];
}

/** About 0.1 s of work for the server; enough to make a request's own cost vanish, small enough that memory stays flat. */
export const CHUNK_ROWS = 25_000;
const CHUNK_CHARS = 8 * 1024 * 1024;

/** Gathers lines into chunks of at most so many rows and characters. */
export class ChunkBuilder {
  private chunk: Chunk = { lines: [], fileLines: [] };
  private chars = 0;

  constructor(
    private readonly maxRows = CHUNK_ROWS,
    private readonly maxChars = CHUNK_CHARS,
  ) {}

  /** Returns a chunk when this line filled it. */
  add(line: string, fileLine: number): Chunk | null {
    this.chunk.lines.push(line);
    this.chunk.fileLines.push(fileLine);
    this.chars += line.length + 1;
    return this.chunk.lines.length >= this.maxRows || this.chars >= this.maxChars ? this.take() : null;
  }

  /** What is gathered so far; null for nothing. */
  take(): Chunk | null {
    const { chunk } = this;
    if (chunk.lines.length === 0) return null;
    this.chunk = { lines: [], fileLines: [] };
    this.chars = 0;
    return chunk;
  }
}

export function part(chunk: Chunk, from: number, to: number): Chunk {
  return { lines: chunk.lines.slice(from, to), fileLines: chunk.fileLines.slice(from, to) };
}
