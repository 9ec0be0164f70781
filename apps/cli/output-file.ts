import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileFailure, systemCode } from './failure.js';
import type { Terminal } from './terminal.js';

const BUFFER_CHARS = 256 * 1024;

/** Where an export goes. `finish` makes it visible, `abandon` leaves nothing behind. */
export interface Sink {
  write(piece: string | Uint8Array): Promise<void>;
  /** Bytes written. */
  finish(): Promise<number>;
  abandon(): Promise<void>;
}

/** A file is written beside its name and renamed when it is whole, so a failed export leaves what was there before. */
export async function openSink(path: string | undefined, terminal: Terminal): Promise<Sink> {
  return path === undefined || path === '-' ? new StdoutSink(terminal) : FileSink.open(path);
}

class FileSink implements Sink {
  private pending = '';
  private bytes = 0;

  private constructor(
    private readonly path: string,
    /** null: written in place. */
    private readonly temporary: string | null,
    private readonly handle: FileHandle,
  ) {}

  static async open(path: string): Promise<FileSink> {
    try {
      const target = await existing(path);
      // A device or a pipe is written into; put in its place, a file would replace it.
      if (target !== null && !target.regular) return new FileSink(target.path, null, await open(target.path, 'w'));
      const final = target?.path ?? path;
      const temporary = join(dirname(final), `.${basename(final)}.${process.pid}.part`);
      return new FileSink(final, temporary, await open(temporary, 'w'));
    } catch (error) {
      throw fileFailure(error, `Cannot write ${path}`);
    }
  }

  async write(piece: string | Uint8Array): Promise<void> {
    if (typeof piece === 'string') {
      this.pending += piece;
      if (this.pending.length >= BUFFER_CHARS) await this.flush();
      return;
    }
    await this.flush();
    await this.put(piece);
  }

  async finish(): Promise<number> {
    await this.flush();
    try {
      // Some file systems tell of a full disk only now.
      if (this.temporary !== null) await this.handle.datasync();
      await this.handle.close();
      if (this.temporary !== null) await rename(this.temporary, this.path);
    } catch (error) {
      throw fileFailure(error, `Cannot write ${this.path}`);
    }
    return this.bytes;
  }

  async abandon(): Promise<void> {
    await this.handle.close().catch(() => undefined); // May be closed already.
    if (this.temporary !== null) await rm(this.temporary, { force: true });
  }

  private async flush(): Promise<void> {
    if (this.pending === '') return;
    const bytes = Buffer.from(this.pending);
    this.pending = '';
    await this.put(bytes);
  }

  private async put(bytes: Uint8Array): Promise<void> {
    try {
      // writeFile on a handle writes on from where it stands, and all of it where write() may write a part.
      await this.handle.writeFile(bytes);
    } catch (error) {
      throw fileFailure(error, `Cannot write ${this.path}`);
    }
    this.bytes += bytes.length;
  }
}

/** What stands under a path, behind links; null for nothing. */
async function existing(path: string): Promise<{ path: string; regular: boolean } | null> {
  try {
    const real = await realpath(path);
    return { path: real, regular: (await stat(real)).isFile() };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

class StdoutSink implements Sink {
  private bytes = 0;

  constructor(private readonly terminal: Terminal) {}

  async write(piece: string | Uint8Array): Promise<void> {
    this.bytes += piece.length;
    await this.terminal.write(piece);
  }

  finish(): Promise<number> {
    return Promise.resolve(this.bytes);
  }

  abandon(): Promise<void> {
    return Promise.resolve();
  }
}
