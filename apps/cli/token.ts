import type { Command } from 'commander';
import { type CreatedToken, SCOPES, createdToken, token } from '#contracts';
import { type CommandContext, type Setup, integer } from './command.js';
import { EXIT, type ExitCode, usage } from './failure.js';
import { table } from './terminal.js';

interface CreateOptions {
  name: string;
  scopes: string;
  expiresDays?: number;
}

export function addToken(program: Command, setup: Setup): void {
  const group = program
    .command('token')
    .summary('create, list, rotate and revoke tokens')
    .description('Tokens belong to a namespace and carry scopes.');
  group
    .command('create')
    .description('Create a token for the namespace. It is shown once.')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--scopes <a,b>', `what it may do: ${SCOPES.join(', ')}`)
    .option(
      '--expires-days <n>',
      'days until it expires, up to 3650 (default: 365)',
      integer('--expires-days', 1, 3650),
    )
    .action(setup((context, _, options: CreateOptions) => create(context, options)));
  group
    .command('list')
    .description('List the tokens of the namespace. Secrets are not kept, so none are shown.')
    .action(setup(list));
  group
    .command('rotate')
    .description('Replace a token’s secret; the old one stops working. The new one is shown once.')
    .argument('<id>')
    .action(setup((context, [id]) => rotate(context, id as string)));
  group
    .command('revoke')
    .description('Revoke a token for good.')
    .argument('<id>')
    .action(setup((context, [id]) => revoke(context, id as string)));
}

async function create({ client, terminal }: CommandContext, options: CreateOptions): Promise<ExitCode> {
  const scopes = options.scopes.split(',').map((scope) => scope.trim());
  const unknown = scopes.find((scope) => !SCOPES.some((known) => known === scope));
  if (unknown !== undefined) throw usage(`--scopes: there is no scope "${unknown}"; there are ${SCOPES.join(', ')}.`);
  const body = {
    name: options.name,
    scopes,
    ...(options.expiresDays === undefined ? {} : { expires_in_days: options.expiresDays }),
  };
  showSecret(terminal, await client.json(createdToken, 'POST', '/tokens', { body }));
  return EXIT.ok;
}

async function rotate({ client, terminal }: CommandContext, id: string): Promise<ExitCode> {
  showSecret(terminal, await client.json(createdToken, 'POST', `/tokens/${encodeURIComponent(id)}/rotate`));
  return EXIT.ok;
}

/** The secret alone on stdout, so that it can be piped; the rest beside it. */
function showSecret(terminal: CommandContext['terminal'], made: CreatedToken): void {
  const until = made.expires_at === null ? 'does not expire' : `expires ${made.expires_at}`;
  terminal.note(
    `Token ${made.token_id} "${made.name}" for ${made.namespace_id ?? 'every namespace'}: ${made.scopes.join(', ')}; ${until}.`,
  );
  terminal.note('Keep it now, it is not shown again:');
  terminal.print(made.token);
  terminal.result(made);
}

async function list({ client, terminal }: CommandContext): Promise<ExitCode> {
  const all = await client.all(token, '/tokens');
  const now = Date.now();
  const lines = table(all, [
    { title: 'ID', value: (t) => t.token_id },
    { title: 'NAME', value: (t) => t.name },
    { title: 'NAMESPACE', value: (t) => t.namespace_id ?? '(all)' },
    { title: 'SCOPES', value: (t) => t.scopes.join(',') },
    {
      title: 'STATE',
      value: (t) =>
        t.revoked_at !== null
          ? 'revoked'
          : t.expires_at !== null && Date.parse(t.expires_at) <= now
            ? 'expired'
            : 'valid',
    },
    { title: 'EXPIRES', value: (t) => t.expires_at ?? 'never' },
  ]);
  for (const line of lines) terminal.print(line);
  terminal.result(all);
  return EXIT.ok;
}

async function revoke({ client, terminal }: CommandContext, id: string): Promise<ExitCode> {
  await client.nothing('DELETE', `/tokens/${encodeURIComponent(id)}`);
  terminal.print(`Revoked token ${id}.`);
  terminal.result({ token_id: id, revoked: true });
  return EXIT.ok;
}
