import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { requestContext } from '../request-context.js';

export type Chunk = string | Uint8Array;

/** An answer that is not a value to be written as JSON, but bytes of a media type. */
export class Formatted {
  constructor(
    readonly mediaType: string,
    /** A stream is made as it is read, and may stop being made when nobody reads it any more. */
    readonly body: string | Buffer | Readable,
    /** What a browser saves it as. */
    readonly filename?: string,
  ) {}

  /** The whole of it. */
  async bytes(): Promise<Buffer> {
    if (Buffer.isBuffer(this.body)) return this.body;
    if (typeof this.body === 'string') return Buffer.from(this.body);
    const chunks: Buffer[] = [];
    for await (const chunk of this.body as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /**
   * A stream of chunks that are made one at a time, when the reader has taken the one before. The first is made here,
   * so that what fails at once is an error to answer with; from then on the request has no deadline but its reader's
   * patience. A reader that leaves ends the chunks' generator.
   */
  static async streaming(mediaType: string, chunks: AsyncGenerator<Chunk>, filename?: string): Promise<Formatted> {
    const first = await chunks.next();
    requestContext()?.allow(null);
    return new Formatted(mediaType, readableOf(first, chunks), filename);
  }
}

function readableOf(first: IteratorResult<Chunk, unknown>, chunks: AsyncGenerator<Chunk>): Readable {
  // The stream is read from events of a socket, which know nothing of the request whose deadline and signal count here.
  const within = AsyncLocalStorage.snapshot();
  let pending: IteratorResult<Chunk, unknown> | undefined = first;
  const nextChunk = async (): Promise<Chunk | null> => {
    for (;;) {
      const next = pending ?? (await chunks.next());
      pending = undefined;
      if (next.done) return null;
      // An empty one would be pushed without effect, and nobody would ask again.
      if (next.value.length > 0) return next.value;
    }
  };
  return new Readable({
    read() {
      within(nextChunk).then(
        (chunk) => this.push(chunk),
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      );
    },
    destroy(error, done) {
      // A page that is being read is waited for by nobody: its query ends by the request's signal.
      chunks.return(undefined).catch(() => undefined);
      done(error);
    },
  });
}
