import { type Command, Option } from 'commander';
import { MAX_REJECTED_LISTED, amountKind } from '#contracts';
import { type CommandContext, type Setup, integer } from './command.js';
import { CliFailure, EXIT, type ExitCode, interrupted } from './failure.js';
import type { Row } from './files/table.js';
import { type OpenedFile, formatNamed, openFile } from './files/open.js';
import { CHUNK_ROWS, ChunkBuilder } from './intake/chunk.js';
import { type DestinationOptions, findDestination } from './intake/destination.js';
import { type Plan, type PlanOptions, makePlan } from './intake/plan.js';
import { RejectsFile, Tally, tallyLines } from './intake/tally.js';
import { Uploader } from './intake/upload.js';
import { ImportProgress } from './progress.js';
import { count, duration, plural } from './terminal.js';

interface ImportOptions extends PlanOptions, DestinationOptions {
  format?: string;
  delimiter?: string;
  encoding?: string;
  header: boolean;
  rejects?: string;
  strict?: boolean;
  dryRun?: boolean;
}

export function addImport(program: Command, setup: Setup): void {
  program
    .command('import')
    .summary('send a file of events')
    .description(
      'Send a file of events to the platform. An event_id counts once, so a file can be sent again at any time.',
    )
    .argument('<file>', 'CSV, TSV, NDJSON, GeoJSON or Parquet; the text ones also as .gz or .zst; - for stdin')
    .option('--format <format>', 'csv, tsv, ndjson, geojson or parquet, where name and content do not show it')
    .option(
      '--map <field=column,…>',
      'columns that are not recognised by their names, as in timestamp=occurred,lat=y; timestamp=date+time joins two',
    )
    .option('--attrs <all|columns>', 'columns to keep as attributes of the events')
    .option('--tz <zone>', 'zone of times that carry none, such as America/Toronto (default: UTC)')
    .option('--time-format <tokens>', 'how times are written, in luxon’s tokens, as in "dd/MM/yyyy HH:mm"')
    .option('-t, --event-type <type>', 'type of all events, whatever a column says')
    .option('--create-namespace', 'make the namespace if it is missing')
    .option('--resolution <n>', 'H3 resolution of a namespace that is made, 3 to 10', integer('--resolution', 3, 10))
    .option('--time-zone <zone>', 'time zone of a namespace that is made')
    .addOption(
      new Option(
        '--amount-kind <kind>',
        'what amounts are in a namespace that is made (default: by the column’s name)',
      ).choices(amountKind.options),
    )
    .option('--delimiter <char>', 'what stands between the fields of a CSV ("tab" for tabs)')
    .option('--encoding <name>', 'utf-8, windows-1252, utf-16le or utf-16be')
    .option('--no-header', 'the CSV has no header line; its columns are called 1, 2, 3 …')
    .option('--rejects <file>', 'write every rejected row to this file, as NDJSON {line, code, field, detail}')
    .option('--strict', `end with exit code ${EXIT.rejected} if any row was rejected`)
    .option('--dry-run', 'read and check the file, send nothing')
    .action(setup((context, [file], options: ImportOptions) => runImport(context, file as string, options)));
}

async function runImport(context: CommandContext, file: string, options: ImportOptions): Promise<ExitCode> {
  const { terminal, surroundings } = context;
  const opened = await openFile(file, openOptions(options), surroundings.stdin);
  const plan = makePlan(opened.table, options);
  for (const line of [
    `${opened.source.name}: ${opened.table.description}`,
    ...plan.lines,
    ...opened.notes,
    ...plan.warnings,
  ])
    terminal.note(line);
  const rejects = options.rejects === undefined ? null : await RejectsFile.open(options.rejects);
  const tally = new Tally(rejects);
  const run = new ImportRun(context, opened, plan, tally);
  try {
    if (options.dryRun === true) await run.check();
    else {
      const destination = await findDestination(context.client, { ...amountKindOf(plan), ...options });
      for (const warning of destination.warnings) terminal.note(warning);
      const { namespace_id, h3_resolution, time_zone } = destination.namespace;
      if (plan.zoneless && !plan.zoneGiven && time_zone !== 'UTC') {
        terminal.note(
          `Namespace ${namespace_id} lies in ${time_zone}: are the file’s times local there? Then: --tz ${time_zone}`,
        );
      }
      const made = destination.created ? ', made just now' : '';
      terminal.note(
        `Sending to ${context.client.settings.url}, namespace ${namespace_id} (H3 resolution ${h3_resolution}${made})`,
      );
      await run.send(options.rejects !== undefined);
    }
  } finally {
    await rejects?.close();
  }
  report(context, opened, plan, run, options);
  if (run.rows === 0) throw new CliFailure(`${opened.source.name} has no rows.`);
  if (options.dryRun !== true && tally.taken === 0) throw new CliFailure('No row was taken.');
  return options.strict === true && tally.rejected > 0 ? EXIT.rejected : EXIT.ok;
}

function openOptions({ format, delimiter, encoding, header }: ImportOptions) {
  return {
    header,
    ...(format === undefined ? {} : { format: formatNamed(format) }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(encoding === undefined ? {} : { encoding }),
  };
}

/** Magnitudes are logarithms and may be below zero: a namespace made for them must not take them for losses. */
function amountKindOf({ mapping }: Plan): DestinationOptions {
  return /^mag(nitude)?$/i.test(mapping.amount ?? '') ? { amountKind: 'magnitude' } : {};
}

/** One pass over the file. */
class ImportRun {
  /** Rows read so far, rejected ones included. */
  rows = 0;
  seconds = 0;
  /** Requests that were sent again; their rows may count as duplicates though this run sent them first. */
  resent = 0;

  constructor(
    private readonly context: CommandContext,
    private readonly opened: OpenedFile,
    private readonly plan: Plan,
    readonly tally: Tally,
  ) {}

  /** Reads everything, sends nothing; rows that would be sent are counted as accepted. */
  async check(): Promise<void> {
    await this.timed((progress) =>
      this.read(progress, (lines) => {
        this.tally.accepted += lines.length;
        return Promise.resolve();
      }),
    );
  }

  /** Sends everything. With `everyRejected` the answers list each rejected row. */
  async send(everyRejected: boolean): Promise<void> {
    const { client, terminal } = this.context;
    const uploader = new Uploader(client, this.tally, {
      onRetry: (reason, waitMs) => {
        this.resent++;
        terminal.note(`${reason} Trying again in ${duration(waitMs / 1000)}.`);
      },
    });
    // As many rows as an answer lists: so every rejected one is known by its line.
    const builder = new ChunkBuilder(everyRejected ? MAX_REJECTED_LISTED : CHUNK_ROWS);
    try {
      await this.timed(async (progress) => {
        await this.read(progress, async (lines, places) => {
          for (let i = 0; i < lines.length; i++) {
            const chunk = builder.add(lines[i] as string, places[i] as number);
            if (chunk !== null) await uploader.send(chunk);
          }
        });
        const last = builder.take();
        if (last !== null) await uploader.send(last);
        await uploader.drain();
      });
    } catch (error) {
      await uploader.settle();
      throw this.broken(error);
    }
  }

  private async timed(work: (progress: ImportProgress) => Promise<void>): Promise<void> {
    const { source, table } = this.opened;
    const progress = new ImportProgress(this.context.terminal, table.rowCount ?? source.size);
    try {
      await work(progress);
    } finally {
      progress.stop(this.done(), this.rows);
      this.seconds = progress.seconds;
    }
  }

  private done(): number {
    return this.opened.table.rowCount === null ? this.opened.source.bytesRead() : this.rows;
  }

  private async read(
    progress: ImportProgress,
    take: (lines: string[], places: number[]) => Promise<void>,
  ): Promise<void> {
    const { mapper, columns } = this.plan;
    for await (const batch of this.opened.table.batches(columns)) {
      if (this.context.surroundings.signal.aborted) throw interrupted('Interrupted.');
      const lines: string[] = [];
      const places: number[] = [];
      for (const row of batch.bad) await this.tally.reject(row);
      for (let i = 0; i < batch.rows.length; i++) {
        const line = mapper.toLine(batch.rows[i] as Row);
        const place = batch.lines[i] as number;
        if (line === null) await this.tally.reject({ line: place, ...mapper.refusal });
        else {
          lines.push(line);
          places.push(place);
        }
      }
      this.rows += batch.rows.length + batch.bad.length;
      await take(lines, places);
      progress.update(this.done(), this.rows);
    }
  }

  /** Says how far it came, and that beginning anew does no harm. */
  private broken(error: unknown): unknown {
    if (!(error instanceof CliFailure)) return error;
    const { accepted, duplicates } = this.tally;
    return new CliFailure(
      error.message,
      error.exitCode,
      [
        ...error.hints,
        `Before that, ${plural(accepted, 'row was', 'rows were')} taken and ${plural(duplicates, 'duplicate was', 'duplicates were')} found.`,
        'Sending the file again is safe: what was taken counts once.',
      ],
      { cause: error },
    );
  }
}

function report(
  { terminal, client }: CommandContext,
  { source, table }: OpenedFile,
  plan: Plan,
  run: ImportRun,
  options: ImportOptions,
): void {
  const { tally, rows, seconds } = run;
  const { times, zone } = plan;
  const dry = options.dryRun === true;
  terminal.print(
    `${plural(rows, 'row')} in ${duration(seconds)} (${count(rows / Math.max(seconds, 1e-3))}/s)${dry ? '; a dry run, nothing was sent' : ''}`,
  );
  if (dry) terminal.print(`  ${plural(tally.accepted, 'row')} could be sent, ${count(tally.rejected)} could not`);
  for (const line of tallyLines(tally, table.unit).slice(dry ? 3 : 0)) terminal.print(line);
  for (const line of remarks(run, plan)) terminal.print(line);
  terminal.result({
    file: source.name,
    namespace: client.settings.namespace ?? 'default',
    dry_run: dry,
    rows,
    seconds: Number(seconds.toFixed(3)),
    accepted: tally.accepted,
    duplicates: tally.duplicates,
    rejected: tally.rejected,
    rejected_by_code: Object.fromEntries(tally.byCode().map(([code, n]) => [code, n])),
    rejected_examples: tally.byCode().flatMap(([, , examples]) => examples),
    buffered: tally.buffered,
    mapping: plan.mapping,
    event_type: plan.eventType,
    times: {
      zone: zone.name,
      zoneless: times.zoneless,
      days: times.dayOnly,
      ambiguous: times.ambiguous,
      skipped: times.skipped,
    },
  });
}

function remarks({ tally, resent }: ImportRun, { times, zone, zoneGiven }: Plan): string[] {
  const lines: string[] = [];
  if (times.zoneless > 0) {
    const days =
      times.dayOnly > 0
        ? ` (${times.dayOnly === times.zoneless ? 'all' : count(times.dayOnly)} of them days without a time of day, read as midnight)`
        : '';
    lines.push(
      `${plural(times.zoneless, 'time')} carried no zone${days} and ${times.zoneless === 1 ? 'was' : 'were'} read as ${zone.name}${zoneGiven ? '' : '; --tz to change'}.`,
    );
  }
  if (times.ambiguous > 0)
    lines.push(
      `${plural(times.ambiguous, 'time')} fell into the hour that the clock showed twice and were read as the first of the two.`,
    );
  if (times.skipped > 0)
    lines.push(
      `${plural(times.skipped, 'time')} fell into the hour that the clock skipped and were moved forward by it.`,
    );
  if (tally.buffered) lines.push('Some rows wait in the server’s spool: it stores them when its database is back.');
  if (resent > 0 && tally.duplicates > 0)
    lines.push(`${plural(resent, 'request')} had to be sent again; rows taken by a first try may count as duplicates.`);
  return lines;
}
