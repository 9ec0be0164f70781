import type { Command } from 'commander';
import { eventTypeSummary, job, model } from '#contracts';
import { z } from 'zod';
import { type CommandContext, type Setup, float } from './command.js';
import { CliFailure, EXIT, type ExitCode, ServerFailure, usage } from './failure.js';
import { waitForJob } from './jobs.js';
import { cardLines } from './scores.js';
import { count } from './terminal.js';

interface TrainOptions {
  eventType?: string;
  from?: string;
  to?: string;
  minAmount?: number;
  activate: boolean;
  force?: boolean;
  wait: boolean;
}

export function addTrain(program: Command, setup: Setup): void {
  program
    .command('train')
    .summary('fit a model')
    .description(
      'Fit a model to the events of a namespace, score it beside the baselines, and put it into service if it beats them.',
    )
    .option('-t, --event-type <type>', 'type of the events; "all" for one model over all types together')
    .option('--from <time>', 'events from this time on, as 2011-01-01 or 2011-01-01T00:00:00Z')
    .option('--to <time>', 'events before this time')
    .option('--min-amount <amount>', 'events of at least this amount or magnitude', float('--min-amount'))
    .option('--no-activate', 'do not put it into service')
    .option('--force', 'put it into service even if it loses to a baseline')
    .option('--no-wait', 'start the job and do not wait for it')
    .action(setup((context, _, options: TrainOptions) => train(context, options)));
}

async function train(context: CommandContext, options: TrainOptions): Promise<ExitCode> {
  const { client, terminal } = context;
  const body = {
    activate: options.activate,
    force: options.force === true,
    ...(options.eventType === undefined ? {} : { event_type: options.eventType }),
    ...(options.from === undefined ? {} : { from: instant('--from', options.from) }),
    ...(options.to === undefined ? {} : { to: instant('--to', options.to) }),
    ...(options.minAmount === undefined ? {} : { min_amount: options.minAmount }),
  };
  const started = await client.json(job, 'POST', '/models/train', { body }).catch(async (error: unknown) => {
    throw await explained(context, error);
  });
  if (!options.wait) {
    terminal.print(`Started job ${started.job_id}. "strisk job ${started.job_id} --wait" follows it.`);
    terminal.result(started);
    return EXIT.ok;
  }
  const done = await waitForJob(context, started.job_id);
  const version = done.result?.['model_version'];
  if (typeof version !== 'string') throw new CliFailure(`Job ${done.job_id} ended without naming its model.`);
  const card = await client.json(model, 'GET', `/models/${encodeURIComponent(version)}`);
  for (const line of cardLines(card)) terminal.print(line);
  if (options.activate && card.status !== 'active') {
    terminal.print(`It was not put into service. "strisk activate ${version} --force" does it all the same.`);
  } else if (!options.activate) terminal.print(`"strisk activate ${version}" puts it into service.`);
  terminal.result({ job: done, model: card });
  return EXIT.ok;
}

/** Where the namespace has several types, the user needs to know which. */
async function explained({ client }: CommandContext, error: unknown): Promise<unknown> {
  if (!(error instanceof ServerFailure && error.code === 'EVENT_TYPE_AMBIGUOUS')) return error;
  const { data } = await client.json(z.object({ data: z.array(eventTypeSummary) }), 'GET', '/event-types');
  return new CliFailure(error.message, error.exitCode, [
    'Name one with --event-type, or take --event-type all for one model over all types together:',
    ...[...data]
      .sort((a, b) => b.events - a.events)
      .slice(0, 20)
      .map(({ event_type, events }) => `  ${event_type}  (${count(events)} events)`),
    ...(data.length > 20 ? [`  … and ${data.length - 20} more`] : []),
  ]);
}

/** A day stands for its midnight in UTC; a time must carry its zone. */
export function instant(option: string, text: string): string {
  const full = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  if (
    !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(full) ||
    Number.isNaN(Date.parse(full))
  ) {
    throw usage(`${option} "${text}" must be a day or a time with a zone, such as 2011-01-01 or 2011-01-01T08:00:00Z.`);
  }
  return full;
}
