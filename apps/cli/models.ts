import type { Command } from 'commander';
import { model, modelSummary } from '#contracts';
import type { CommandContext, Setup } from './command.js';
import { EXIT, type ExitCode } from './failure.js';
import { cardLines } from './scores.js';
import { count, table } from './terminal.js';

export function addModels(program: Command, setup: Setup): void {
  program
    .command('models')
    .summary('list models, or show one’s card')
    .description('List the models of the namespace; with a version, show that model’s card.')
    .argument('[version]')
    .option('-t, --event-type <type>', 'only models of this type')
    .action(
      setup((context, [version], options: { eventType?: string }) =>
        version === undefined ? list(context, options) : show(context, version),
      ),
    );
  program
    .command('activate')
    .summary('put a model into service')
    .description('Put a model into service. One that loses to a baseline is refused unless forced.')
    .argument('<version>')
    .option('--force', 'even if it loses to a baseline; its card will say so')
    .action(setup((context, [version], options: { force?: boolean }) => activate(context, version as string, options)));
}

async function list({ client, terminal }: CommandContext, { eventType }: { eventType?: string }): Promise<ExitCode> {
  const all = await client.all(modelSummary, '/models', { event_type: eventType });
  const lines = table(all, [
    { title: 'MODEL', value: (m) => m.model_version },
    { title: 'TYPE', value: (m) => m.event_type },
    { title: 'STATUS', value: (m) => m.status },
    { title: 'EVENTS', value: (m) => count(m.events), right: true },
    { title: 'CELLS', value: (m) => count(m.cells), right: true },
    { title: 'BRANCHING', value: (m) => m.branching_ratio.toFixed(3), right: true },
    { title: 'BEATS BASELINES', value: (m) => (m.passes === null ? 'not scored' : m.passes ? 'yes' : 'no') },
    { title: 'CREATED', value: (m) => m.created_at },
  ]);
  if (all.length === 0) terminal.print('There is no model yet; "strisk train" fits one.');
  else for (const line of lines) terminal.print(line);
  terminal.result(all);
  return EXIT.ok;
}

async function show({ client, terminal }: CommandContext, version: string): Promise<ExitCode> {
  const card = await client.json(model, 'GET', `/models/${encodeURIComponent(version)}`);
  for (const line of cardLines(card)) terminal.print(line);
  terminal.result(card);
  return EXIT.ok;
}

async function activate(
  { client, terminal }: CommandContext,
  version: string,
  { force }: { force?: boolean },
): Promise<ExitCode> {
  const body = { force: force === true };
  const answer = await client.json(modelSummary, 'POST', `/models/${encodeURIComponent(version)}/activate`, { body });
  terminal.print(`Model ${answer.model_version} (${answer.event_type}) is ${answer.status}.`);
  terminal.result(answer);
  return EXIT.ok;
}
