import { createHash } from 'node:crypto';
import type { Digest } from './file-store.js';

/** Passes bytes on and counts and hashes them as they go. */
export class Digesting {
  private readonly hash = createHash('sha256');
  private bytes = 0;

  constructor(private readonly signal: AbortSignal) {}

  /** @throws what `chunks` throws, and the reason of the signal, also while it waits for a chunk */
  async *pass(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
    const { signal } = this;
    signal.throwIfAborted();
    const iterator = chunks[Symbol.asyncIterator]();
    const stopped = Promise.withResolvers<never>();
    // Nobody may be waiting when it fires.
    stopped.promise.catch(() => undefined);
    const stop = () => stopped.reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        const next = await Promise.race([iterator.next(), stopped.promise]);
        signal.throwIfAborted();
        if (next.done === true) return;
        const piece = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
        // Nothing to keep, and to a stream an empty piece may mean its end.
        if (piece.length === 0) continue;
        this.hash.update(piece);
        this.bytes += piece.length;
        yield piece;
      }
    } finally {
      signal.removeEventListener('abort', stop);
      // Not waited for: what is stuck in a chunk ends when that does.
      iterator.return?.().catch(() => undefined);
    }
  }

  /** Of all that has passed; once. */
  digest(): Digest {
    return { bytes: this.bytes, sha256: this.hash.digest('hex') };
  }
}
