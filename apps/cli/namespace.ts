import { type Command, Option } from 'commander';
import { DEFAULT_LEVELS, type LevelThresholds, type Namespace, amountKind, namespace } from '#contracts';
import { type CommandContext, type Setup, integer } from './command.js';
import { EXIT, type ExitCode, usage } from './failure.js';
import { table } from './terminal.js';

interface CreateOptions {
  name?: string;
  resolution?: number;
  timeZone?: string;
  levels?: string;
  amountKind?: string;
}

export function addNamespace(program: Command, setup: Setup): void {
  const group = program
    .command('namespace')
    .summary('create, list and show namespaces')
    .description('Namespaces keep events, models and maps apart.');
  group
    .command('create')
    .description(
      'Create a namespace. Resolution and time zone are part of what is stored and fitted; they do not change later.',
    )
    .argument('<id>', 'a-z, 0-9, "-" and "_"')
    .option('--name <name>', 'what people call it')
    .option('--resolution <n>', 'H3 resolution of its cells, 3 (large) to 10 (small)', integer('--resolution', 3, 10))
    .option('--time-zone <zone>', 'IANA zone of its hours and weekdays, such as America/Toronto (default: UTC)')
    .option(
      '--levels <m,h,c>',
      `probabilities from which a cell is MODERATE, HIGH, CRITICAL (default: ${Object.values(DEFAULT_LEVELS).join(',')})`,
    )
    .addOption(new Option('--amount-kind <kind>', 'what the amounts of its events are').choices(amountKind.options))
    .action(setup((context, [id], options: CreateOptions) => create(context, id as string, options)));
  group.command('list').description('List the namespaces the token may see.').action(setup(list));
  group
    .command('show')
    .description('Show one namespace; without an id the one that requests go to.')
    .argument('[id]')
    .action(setup((context, [id]) => show(context, id)));
}

async function create({ client, terminal }: CommandContext, id: string, options: CreateOptions): Promise<ExitCode> {
  const body = {
    namespace_id: id,
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.resolution === undefined ? {} : { h3_resolution: options.resolution }),
    ...(options.timeZone === undefined ? {} : { time_zone: options.timeZone }),
    ...(options.levels === undefined ? {} : { levels: readLevels(options.levels) }),
    ...(options.amountKind === undefined ? {} : { amount_kind: options.amountKind }),
  };
  const made = await client.json(namespace, 'POST', '/namespaces', { body });
  terminal.print(`Created namespace ${made.namespace_id}.`);
  printOne(terminal, made);
  terminal.result(made);
  return EXIT.ok;
}

async function list({ client, terminal }: CommandContext): Promise<ExitCode> {
  const all = await client.all(namespace, '/namespaces');
  const lines = table(all, [
    { title: 'NAMESPACE', value: (n) => n.namespace_id },
    { title: 'NAME', value: (n) => n.name },
    { title: 'RES', value: (n) => String(n.h3_resolution), right: true },
    { title: 'TIME ZONE', value: (n) => n.time_zone },
    { title: 'AMOUNT', value: (n) => n.amount_kind },
    { title: 'CREATED', value: (n) => n.created_at },
  ]);
  for (const line of lines) terminal.print(line);
  terminal.result(all);
  return EXIT.ok;
}

async function show({ client, terminal }: CommandContext, id: string | undefined): Promise<ExitCode> {
  const wanted = id ?? client.settings.namespace ?? 'default';
  const found = await client.json(namespace, 'GET', `/namespaces/${encodeURIComponent(wanted)}`);
  printOne(terminal, found);
  terminal.result(found);
  return EXIT.ok;
}

function printOne(terminal: CommandContext['terminal'], n: Namespace): void {
  const { MODERATE, HIGH, CRITICAL } = n.levels;
  terminal.print(`  namespace   ${n.namespace_id}`);
  terminal.print(`  name        ${n.name}`);
  terminal.print(`  resolution  ${n.h3_resolution}`);
  terminal.print(`  time zone   ${n.time_zone}`);
  terminal.print(`  levels      MODERATE from ${MODERATE}, HIGH from ${HIGH}, CRITICAL from ${CRITICAL}`);
  terminal.print(`  amount      ${n.amount_kind}`);
}

function readLevels(text: string): LevelThresholds {
  const [MODERATE, HIGH, CRITICAL, ...more] = text
    .split(',')
    .map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const levels = [MODERATE, HIGH, CRITICAL];
  const fine =
    more.length === 0 && levels.every((level, i) => level !== undefined && level > (levels[i - 1] ?? 0) && level < 1);
  if (!fine || MODERATE === undefined || HIGH === undefined || CRITICAL === undefined) {
    throw usage(`--levels "${text}" must be three probabilities that rise, such as 0.05,0.15,0.4.`);
  }
  return { MODERATE, HIGH, CRITICAL };
}
