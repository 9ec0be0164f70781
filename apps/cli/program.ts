import { Command, CommanderError } from 'commander';
import { addBacktest } from './backtest.js';
import { setupFor } from './command.js';
import { addExport } from './export.js';
import { CliFailure, EXIT, type ExitCode } from './failure.js';
import { addImport } from './import.js';
import { addJob } from './job.js';
import { addModels } from './models.js';
import { addNamespace } from './namespace.js';
import { DEFAULT_URL } from './settings.js';
import { addStatus } from './status.js';
import type { Surroundings } from './terminal.js';
import { addToken } from './token.js';
import { addTrain } from './train.js';

const EXIT_HELP = `
Exit codes:
  ${EXIT.ok}  done
  ${EXIT.failure}  failed
  ${EXIT.usage}  called wrongly
  ${EXIT.unreachable}  the platform could not be reached
  ${EXIT.forbidden}  not allowed (no token, an expired one, or one without the scope)
  ${EXIT.rejected}  import --strict: done, but rows were rejected
  ${EXIT.interrupted}  interrupted`;

/** Runs one command line (without node and script) and returns the exit code. Nothing is thrown. */
export async function run(args: readonly string[], surroundings: Surroundings, version: string): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = new Command('strisk')
    .description('The command line of the ST Risk Platform: import events, fit and judge models, export maps.')
    .version(version, '-V, --version', 'print the version')
    .option('--url <address>', `where the platform is (STRISK_URL; default: ${DEFAULT_URL})`)
    .option(
      '--token <token>',
      'the token (STRISK_TOKEN; default for this machine: the file admin-token in DATA_DIR or ./data)',
    )
    .option('-n, --namespace <id>', 'the namespace, for tokens that are not bound to one (STRISK_NAMESPACE)')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', EXIT_HELP)
    .showHelpAfterError('(--help shows how)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: (text) => surroundings.stderr.write(text),
    });
  const setup = setupFor(surroundings, version, (result) => {
    code = result;
  });
  for (const add of [addImport, addTrain, addBacktest, addModels, addStatus, addExport, addNamespace, addToken, addJob])
    add(program, setup);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, surroundings);
  }
}

function explain(error: unknown, { stderr, env }: Surroundings): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliFailure) {
    stderr.write(`strisk: ${error.message}\n`);
    for (const hint of error.hints) stderr.write(`  ${hint}\n`);
    return error.exitCode;
  }
  // A defect of this program, not of its use: the trace is for who mends it, and only where it is asked for.
  const text = error instanceof Error ? error.message : String(error);
  stderr.write(`strisk: something unexpected happened: ${text}\n`);
  if (error instanceof Error && env.STRISK_DEBUG !== undefined) stderr.write(`${error.stack}\n`);
  else stderr.write('  STRISK_DEBUG=1 shows where; please report it with the command you ran.\n');
  return EXIT.failure;
}
