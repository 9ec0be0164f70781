import type { Command } from 'commander';
import { type Job, type ModelScores, job, model, modelScores, modelSummary } from '#contracts';
import { type CommandContext, type Setup, integer } from './command.js';
import { CliFailure, EXIT, type ExitCode, usage } from './failure.js';
import { waitForJob } from './jobs.js';
import { scoreLines } from './scores.js';

interface BacktestOptions {
  windows?: number;
  horizon?: number;
  eventType?: string;
  wait: boolean;
}

export function addBacktest(program: Command, setup: Setup): void {
  program
    .command('backtest')
    .summary('score a model beside the baselines')
    .description(
      'Forecast past windows one after the other, each from what was known before it, and score the model beside the baselines.',
    )
    .argument('[version]', 'the model (default: the one in service)')
    .option('--windows <n>', 'how many windows, up to 200', integer('--windows', 1, 200))
    .option('--horizon <hours>', 'length of a window in hours, up to 720', integer('--horizon', 1, 720))
    .option('-t, --event-type <type>', 'which model in service, where there are several')
    .option('--no-wait', 'start the job and do not wait for it')
    .action(setup((context, [version], options: BacktestOptions) => backtest(context, version, options)));
}

async function backtest(
  context: CommandContext,
  given: string | undefined,
  options: BacktestOptions,
): Promise<ExitCode> {
  const { client, terminal } = context;
  const version = given ?? (await activeVersion(context, options.eventType));
  const body = {
    ...(options.windows === undefined ? {} : { windows: options.windows }),
    ...(options.horizon === undefined ? {} : { horizon_hours: options.horizon }),
  };
  const started = await client.json(job, 'POST', `/models/${encodeURIComponent(version)}/backtest`, { body });
  if (!options.wait) {
    terminal.print(`Started job ${started.job_id}. "strisk job ${started.job_id} --wait" follows it.`);
    terminal.result(started);
    return EXIT.ok;
  }
  const done = await waitForJob(context, started.job_id);
  const scores = scoresOf(done) ?? (await client.json(model, 'GET', `/models/${encodeURIComponent(version)}`)).scores;
  if (scores === null) throw new CliFailure(`Job ${done.job_id} ended without scores.`);
  terminal.print(`Backtest of ${version}`);
  for (const line of scoreLines(scores)) terminal.print(line);
  terminal.result({ job: done, model_version: version, scores });
  return EXIT.ok;
}

/** A job's result is open: the scores are it, or a member of it. */
function scoresOf({ result }: Job): ModelScores | null {
  for (const candidate of [result, result?.['scores']]) {
    const parsed = modelScores.safeParse(candidate);
    if (parsed.success) return parsed.data;
  }
  return null;
}

async function activeVersion({ client }: CommandContext, eventType: string | undefined): Promise<string> {
  const active = (await client.all(modelSummary, '/models', { event_type: eventType })).filter(
    ({ status }) => status === 'active',
  );
  const [first, second] = active;
  if (first === undefined)
    throw new CliFailure('No model is in service.', EXIT.failure, [
      '"strisk models" lists those there are; give a version, or fit one with "strisk train".',
    ]);
  if (second !== undefined) {
    throw usage(
      'Several models are in service: give a version or --event-type.',
      ...active.map(({ model_version, event_type }) => `  ${model_version}  (${event_type})`),
    );
  }
  return first.model_version;
}
