import { type Command, InvalidArgumentError, type OptionValues } from 'commander';
import { Client } from './client.js';
import type { ExitCode } from './failure.js';
import { type GlobalOptions, settings } from './settings.js';
import { type Surroundings, Terminal } from './terminal.js';

/** What a command works with. */
export interface CommandContext {
  client: Client;
  terminal: Terminal;
  surroundings: Surroundings;
}

type Run<O> = (context: CommandContext, args: readonly (string | undefined)[], options: O) => Promise<ExitCode>;

/** Makes a commander action of a command's function: settings and client ready, the exit code kept. */
export type Setup = <O extends OptionValues>(run: Run<O>) => (this: Command, ...args: unknown[]) => Promise<void>;

export function setupFor(surroundings: Surroundings, version: string, done: (code: ExitCode) => void): Setup {
  return (run) =>
    async function (this: Command) {
      const known = settings(this.optsWithGlobals<GlobalOptions>(), surroundings.env);
      const context: CommandContext = {
        client: new Client(known, surroundings.signal, version),
        terminal: new Terminal(surroundings, known.json),
        surroundings,
      };
      done(await run(context, this.processedArgs as (string | undefined)[], this.opts()));
    };
}

/** A parser for commander: a whole number within bounds, both included. */
export function integer(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`${option} takes a whole number from ${min} to ${max}.`);
    return value;
  };
}

export function float(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`${option} takes a number.`);
    return value;
  };
}
