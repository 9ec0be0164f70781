import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable, type Transform, pipeline } from 'node:stream';
import zlib from 'node:zlib';
import { CliFailure, fileFailure, systemCode } from '../failure.js';

const PIECE = 256 * 1024;

type Compression = 'gzip' | 'zstd' | null;

/** An input's bytes, unpacked, with what is known of the raw ones. */
export interface Source {
  name: string;
  /** Path of a real file; null for stdin. */
  path: string | null;
  /** Size before unpacking; null where it is not known. */
  size: number | null;
  compression: Compression;
  /** Bytes read so far, before unpacking: what progress goes by. */
  bytesRead(): number;
  /** The first unpacked bytes, at least `wanted` where there are so many. */
  head(wanted: number): Promise<Buffer>;
  /** All unpacked bytes from the first. To be called once. Raises CliFailure for broken or truncated compression. */
  bytes(): AsyncGenerator<Buffer>;
}

/** Opens a file, or stdin for `-`. Compression is told by the first bytes, not by the name. */
export async function openSource(file: string, stdin: Readable): Promise<Source> {
  const name = file === '-' ? 'stdin' : file;
  let size: number | null = null;
  if (file !== '-') {
    try {
      const info = await stat(file);
      if (info.isDirectory()) throw new CliFailure(`Cannot read ${file}: it is a folder.`);
      size = info.isFile() ? info.size : null;
    } catch (error) {
      throw fileFailure(error, `Cannot read ${file}`);
    }
  }
  let read = 0;
  const raw = new Peekable(
    (async function* () {
      try {
        for await (const piece of file === '-' ? stdin : createReadStream(file, { highWaterMark: PIECE })) {
          const bytes = typeof piece === 'string' ? Buffer.from(piece) : (piece as Buffer);
          read += bytes.length;
          yield bytes;
        }
      } catch (error) {
        throw fileFailure(error, `Cannot read ${name}`);
      }
    })(),
  );
  const magic = await raw.peek(6);
  const compression = compressionOf(magic, name);
  const unpacked = compression === null ? raw : new Peekable(unpack(raw, compression, name));
  return {
    name,
    path: file === '-' ? null : file,
    size,
    compression,
    bytesRead: () => read,
    head: (wanted) => unpacked.peek(wanted),
    bytes: () => unpacked.rest(),
  };
}

function compressionOf(magic: Buffer, name: string): Compression {
  const starts = (...bytes: number[]) => bytes.every((byte, i) => magic[i] === byte);
  if (starts(0x1f, 0x8b)) return 'gzip';
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  if (starts(0x50, 0x4b, 0x03, 0x04)) {
    throw new CliFailure(`${name} is a ZIP archive or a spreadsheet (.xlsx), which is not read here.`, 1, [
      'Unpack it, or save the sheet as CSV.',
    ]);
  }
  if (starts(0x42, 0x5a, 0x68))
    throw new CliFailure(`${name} is packed with bzip2, which is not read here.`, 1, [
      `bunzip2 -c FILE | strisk import -`,
    ]);
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a))
    throw new CliFailure(`${name} is packed with xz, which is not read here.`, 1, [`xz -dc FILE | strisk import -`]);
  return null;
}

function decompressor(compression: 'gzip' | 'zstd', name: string): Transform {
  if (compression === 'gzip') return zlib.createGunzip({ chunkSize: PIECE });
  // Zstandard came to node:zlib with 22.15; a Node 20 lacks the function.
  const create: typeof zlib.createZstdDecompress | undefined = zlib.createZstdDecompress;
  if (create === undefined) {
    throw new CliFailure(
      `${name} is packed with Zstandard, which Node ${process.versions.node} cannot unpack (22.15 or newer can).`,
      1,
      [`zstd -dc FILE | strisk import -`],
    );
  }
  return create({ chunkSize: PIECE });
}

async function* unpack(raw: Peekable, compression: 'gzip' | 'zstd', name: string): AsyncGenerator<Buffer> {
  const stream = pipeline(Readable.from(raw.rest(), { objectMode: false }), decompressor(compression, name), () => {
    // The error reaches the loop below through the stream itself.
  });
  try {
    for await (const piece of stream) yield piece as Buffer;
  } catch (error) {
    throw unpackFailure(error, compression, name);
  }
}

function unpackFailure(error: unknown, compression: 'gzip' | 'zstd', name: string): CliFailure {
  if (error instanceof CliFailure) return error;
  const kind = compression === 'gzip' ? 'gzip' : 'Zstandard';
  const truncated =
    systemCode(error) === 'Z_BUF_ERROR' || (error instanceof Error && /unexpected end/i.test(error.message));
  return truncated
    ? new CliFailure(
        `${name} is a truncated ${kind} file: it ends before its data does.`,
        1,
        ['Fetch or write it again.'],
        { cause: error },
      )
    : new CliFailure(
        `${name} is a broken ${kind} file (${error instanceof Error ? error.message : String(error)}).`,
        1,
        [],
        { cause: error },
      );
}

/** A byte stream whose beginning can be looked at before it is read. */
class Peekable {
  private ahead: Buffer[] = [];
  private length = 0;
  private ended = false;

  constructor(private readonly source: AsyncGenerator<Buffer>) {}

  async peek(wanted: number): Promise<Buffer> {
    while (this.length < wanted && !this.ended) {
      const next = await this.source.next();
      if (next.done === true) this.ended = true;
      else {
        this.ahead.push(next.value);
        this.length += next.value.length;
      }
    }
    if (this.ahead.length > 1) this.ahead = [Buffer.concat(this.ahead)];
    return this.ahead[0] ?? Buffer.alloc(0);
  }

  async *rest(): AsyncGenerator<Buffer> {
    yield* this.ahead.splice(0);
    if (!this.ended) yield* this.source;
  }
}
