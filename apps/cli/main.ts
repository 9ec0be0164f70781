import { argv, env, stderr, stdin, stdout } from 'node:process';
import { EXIT } from './failure.js';
import { run } from './program.js';

/** What bin/strisk.js calls: runs the process's command line and ends the process with its exit code. */
export async function start(version: string): Promise<void> {
  const interruption = new AbortController();
  // The first Ctrl-C ends in good order, a second one at once.
  process.once('SIGINT', () => interruption.abort());
  process.once('SIGTERM', () => interruption.abort());
  // The reader of a pipe may leave early, as head does; that is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failure));
  process.exitCode = await run(argv.slice(2), { stdin, stdout, stderr, env, signal: interruption.signal }, version);
  // An unread rest of stdin would keep the process alive.
  stdin.destroy();
}
