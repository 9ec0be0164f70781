import type { Command } from 'commander';
import { job } from '#contracts';
import type { CommandContext, Setup } from './command.js';
import { EXIT, type ExitCode } from './failure.js';
import { waitForJob } from './jobs.js';

export function addJob(program: Command, setup: Setup): void {
  program
    .command('job')
    .summary('show a job')
    .description('Show a job, such as one started with --no-wait.')
    .argument('<id>')
    .option('--wait', 'follow it to its end')
    .action(setup((context, [id], options: { wait?: boolean }) => run(context, id as string, options)));
}

async function run(context: CommandContext, id: string, options: { wait?: boolean }): Promise<ExitCode> {
  const { client, terminal } = context;
  const found =
    options.wait === true
      ? await waitForJob(context, id)
      : await client.json(job, 'GET', `/jobs/${encodeURIComponent(id)}`);
  terminal.print(
    `${found.type} ${found.job_id}: ${found.state}, ${Math.round(found.progress.percent)} % ${found.progress.message}`.trimEnd(),
  );
  if (found.error !== null) terminal.print(`  ${found.error.message} (${found.error.code})`);
  if (found.result !== null) terminal.print(`  result ${JSON.stringify(found.result)}`);
  terminal.result(found);
  return found.state === 'failed' ? EXIT.failure : EXIT.ok;
}
