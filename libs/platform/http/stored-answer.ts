import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompressSync, constants, gzip, zstdCompress } from 'node:zlib';
import { type ContentCoding, COMPRESS_FROM_BYTES } from './content-coding.js';

const brotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);
const compressZstd = promisify(zstdCompress);

/** Compressed once and sent many times; higher levels take several times as long for a few per cent. */
const BROTLI_QUALITY = 5;

/** What it is made of, for a second-level cache. */
interface Encoded {
  type: string;
  headers: Record<string, string>;
  tag: string;
  coding: 'br' | 'identity';
  /** Bytes of the plain body. */
  length: number;
  /** base64 */
  body: string;
}

/** A whole answer as bytes, in every content coding that was asked for so far. */
export class StoredAnswer {
  private readonly bodies = new Map<ContentCoding, Buffer>();

  private constructor(
    readonly contentType: string,
    /** Beyond those that every answer has: `Link`. */
    readonly headers: Readonly<Record<string, string>>,
    /** Strong, of the identity coding, with its quotation marks. */
    readonly tag: string,
    /** Bytes of the plain body. */
    readonly length: number,
    coding: ContentCoding,
    body: Buffer,
  ) {
    this.bodies.set(coding, body);
  }

  /** Compresses what is worth it; the plain bytes are made again where somebody asks for them. */
  static async of(
    contentType: string,
    body: Buffer,
    headers: Record<string, string> = {},
    tag = tagOf(body),
  ): Promise<StoredAnswer> {
    if (body.length < COMPRESS_FROM_BYTES)
      return new StoredAnswer(contentType, headers, tag, body.length, 'identity', body);
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
    };
    return new StoredAnswer(contentType, headers, tag, body.length, 'br', await brotli(body, { params }));
  }

  /** The body in a coding, where it is there already. Small answers are sent as they are. */
  ready(coding: ContentCoding): { coding: ContentCoding; body: Buffer } | undefined {
    const sent = this.length < COMPRESS_FROM_BYTES ? 'identity' : coding;
    const body = this.bodies.get(sent);
    return body && { coding: sent, body };
  }

  /** The body in a coding, made and kept where it is not there yet. */
  async in(coding: ContentCoding): Promise<{ coding: ContentCoding; body: Buffer }> {
    const ready = this.ready(coding);
    if (ready) return ready;
    const plain = this.plain();
    const body =
      coding === 'gzip'
        ? await compressGzip(plain)
        : coding === 'zstd'
          ? await compressZstd(plain)
          : coding === 'br'
            ? await brotli(plain)
            : plain;
    this.bodies.set(coding, body);
    return { coding, body };
  }

  /** Bytes of memory, with room for the codings that are yet to be asked for. */
  get size(): number {
    const compressed = this.bodies.get('br')?.length ?? 0;
    return 500 + this.length + 4 * compressed;
  }

  encode(): string {
    const compressed = this.bodies.get('br');
    return JSON.stringify({
      type: this.contentType,
      headers: this.headers,
      tag: this.tag,
      coding: compressed ? 'br' : 'identity',
      length: this.length,
      body: (compressed ?? this.plain()).toString('base64'),
    } satisfies Encoded);
  }

  static decode(text: string): StoredAnswer {
    const { type, headers, tag, length, coding, body } = JSON.parse(text) as Encoded;
    return new StoredAnswer(type, headers, tag, length, coding, Buffer.from(body, 'base64'));
  }

  private plain(): Buffer {
    const known = this.bodies.get('identity');
    if (known) return known;
    return brotliDecompressSync(this.bodies.get('br') ?? Buffer.alloc(0));
  }
}

export function tagOf(body: string | Buffer): string {
  return `"${hash('sha1', body, 'base64url')}"`;
}
