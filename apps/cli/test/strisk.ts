import { Readable, Writable } from 'node:stream';
import { run } from '../program.js';
import { TOKEN } from './peer.js';

class Collected extends Writable {
  text = '';

  override _write(piece: Buffer | string, _: BufferEncoding, done: () => void): void {
    this.text += piece.toString();
    done();
  }
}

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export interface StriskOptions {
  stdin?: Readable;
  env?: Record<string, string>;
  signal?: AbortSignal;
}

/** Runs a command line in this process against a server. */
export async function strisk(
  url: string,
  args: readonly string[],
  { stdin, env, signal }: StriskOptions = {},
): Promise<Ran> {
  const [stdout, stderr] = [new Collected(), new Collected()];
  const surroundings = {
    stdin: stdin ?? Readable.from([]),
    stdout,
    stderr,
    env: { STRISK_URL: url, STRISK_TOKEN: TOKEN, ...env },
    signal: signal ?? new AbortController().signal,
  };
  const code = await run(args, surroundings, '0.0.0-test');
  return { code, out: stdout.text, err: stderr.text };
}
