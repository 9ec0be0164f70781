import { type ChildProcess, spawn } from 'node:child_process';

/** How a child process is started. `env` replaces the environment, it is not added to it. */
export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** How a child process ended: exactly one of the two is set. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A child process whose output is kept, whose end can be awaited, and which never outlives this process unnoticed: a
 * normal end of the parent kills what it left behind (a `kill -9` of the parent cannot be caught by anyone).
 */
export class Child {
  readonly #process: ChildProcess;
  readonly #exit: Promise<ChildExit>;
  readonly #watchers = new Set<() => void>();
  #stdout = '';
  #stderr = '';
  #ended: ChildExit | undefined;
  #spawnError: Error | undefined;
  readonly #options: ChildOptions;

  // No parameter property: Node runs this file as it is, by taking the types away.
  constructor(options: ChildOptions) {
    this.#options = options;
    this.#process = spawn(options.command, options.args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#changed();
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#changed();
    });
    this.#exit = new Promise((resolve) => {
      const end = (exit: ChildExit) => {
        this.#ended = exit;
        process.off('exit', this.#killQuietly);
        this.#changed();
        resolve(exit);
      };
      this.#process.once('error', (error) => {
        // 'error' also follows a failed kill; only a process that never started has no pid.
        if (this.#process.pid !== undefined) return;
        this.#spawnError = error;
        end({ code: null, signal: null });
      });
      // 'close' and not 'exit': by then the last of its output has been read.
      this.#process.once('close', (code, signal) => end({ code, signal }));
    });
    process.once('exit', this.#killQuietly);
  }

  readonly #killQuietly = (): void => {
    this.#process.kill('SIGKILL');
  };

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Operating system's process number. Throws when the program could not be started at all. */
  get pid(): number {
    if (this.#process.pid === undefined) {
      throw new Error(`${this.#options.command} did not start`, { cause: this.#spawnError });
    }
    return this.#process.pid;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves when the process has ended and its output has been read; never rejects. */
  get exit(): Promise<ChildExit> {
    return this.#exit;
  }

  get running(): boolean {
    return this.#ended === undefined;
  }

  /** Sends a signal; false when the process is gone. */
  signal(signal: NodeJS.Signals): boolean {
    return this.running && this.#process.kill(signal);
  }

  /**
   * Waits until `ready` finds what it looks for in the output so far and returns it.
   * Rejects when the process ends first or `timeoutMs` pass, with its output in the message.
   */
  async waitForOutput<T>(
    what: string,
    timeoutMs: number,
    ready: (output: { stdout: string; stderr: string }) => T | undefined,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const check = (): void => {
      const found = ready({ stdout: this.#stdout, stderr: this.#stderr });
      if (found !== undefined) resolve(found);
      else if (!this.running) reject(this.failure(`ended before ${what}`));
    };
    const timer = setTimeout(() => reject(this.failure(`did not reach "${what}" within ${timeoutMs} ms`)), timeoutMs);
    this.#watchers.add(check);
    check();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#watchers.delete(check);
    }
  }

  /** SIGTERM (or `signal`), then SIGKILL after `graceMs`; resolves with how it ended. */
  async stop(graceMs = 10_000, signal: NodeJS.Signals = 'SIGTERM'): Promise<ChildExit> {
    if (!this.running) return this.#exit;
    // A frozen process cannot act on a signal before it is woken.
    this.#process.kill('SIGCONT');
    this.#process.kill(signal);
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), graceMs);
    try {
      return await this.#exit;
    } finally {
      clearTimeout(timer);
    }
  }

  /** `kill -9`, and waits for the end. */
  async kill(): Promise<ChildExit> {
    this.#process.kill('SIGKILL');
    return this.#exit;
  }

  /** An error that says what was run, how it ended and the end of what it printed. */
  failure(what: string): Error {
    const ended = this.#ended;
    const end = ended === undefined ? 'still running' : `exit code ${ended.code ?? '-'}, signal ${ended.signal ?? '-'}`;
    const output = [this.#stdout, this.#stderr].map((text) => text.slice(-4_000).trimEnd()).filter(Boolean);
    return new Error(
      [`${this.#options.command} ${this.#options.args.join(' ')} ${what} (${end})`, ...output].join('\n'),
      { cause: this.#spawnError },
    );
  }
}

/** Whether a process of that number exists (also one that belongs to somebody else). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Runs a program to its end and returns what it printed to stdout; throws with its output when it fails. */
export async function run(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
  const child = new Child({ command, args, ...(env === undefined ? {} : { env }) });
  const { code } = await child.exit;
  if (code !== 0) throw child.failure('failed');
  return child.stdout;
}
