import { extname } from 'node:path';
import { type Command, Option } from 'commander';
import { bbox, cellFeatures, event, level, risk, riskMap, riskStatus, MAX_HORIZON_HOURS } from '#contracts';
import type { Query } from './client.js';
import { type CommandContext, type Setup, integer } from './command.js';
import { EXIT, type ExitCode, interrupted, usage } from './failure.js';
import {
  type CsvColumn,
  FEATURE_COLUMNS,
  MAP_COLUMNS,
  RISK_COLUMNS,
  csvHeader,
  csvRecord,
  mapRows,
  riskFeature,
} from './export-rows.js';
import { type Sink, openSink } from './output-file.js';
import { count, decimal } from './terminal.js';
import { instant } from './train.js';

const FORMATS = ['csv', 'ndjson', 'geojson', 'json'] as const;
type ExportFormat = (typeof FORMATS)[number];

interface ExportOptions {
  format?: ExportFormat;
  output?: string;
  eventType?: string;
  from?: string;
  to?: string;
  bbox?: string;
  horizon?: number;
  minLevel?: string;
  resolution?: number;
  status?: string;
  level?: string;
  time?: string;
}

export function addExport(program: Command, setup: Setup): void {
  const group = program
    .command('export')
    .summary('write events, maps, risks or features to a file')
    .description('Write what the platform has to a file, whole or not at all.');
  const add = (
    name: string,
    description: string,
    run: (context: CommandContext, options: ExportOptions) => Promise<ExitCode>,
  ): Command =>
    group
      .command(name)
      .description(description)
      .addOption(new Option('-f, --format <format>', 'default: by the file’s name').choices(FORMATS))
      .option('-o, --output <file>', 'the file (default: stdout)')
      .option('-t, --event-type <type>', 'of this type')
      .action(setup((context, _, options: ExportOptions) => run(context, options)));
  const spanned = (command: Command): Command =>
    command
      .option('--from <time>', 'from this time on')
      .option('--to <time>', 'before this time')
      .option('--bbox <w,s,e,n>', 'within west,south,east,north');
  spanned(add('events', 'All events, or those of a time, box and type.', exportEvents));
  add('risk-map', 'The current risk of every cell.', exportMap)
    .option('--horizon <hours>', 'hours ahead (default: 24)', integer('--horizon', 1, MAX_HORIZON_HOURS))
    .option('--bbox <w,s,e,n>', 'within west,south,east,north')
    .addOption(new Option('--min-level <level>', 'cells of at least this level').choices(level.options))
    .option('--resolution <n>', 'rolled up to this H3 resolution', integer('--resolution', 0, 15));
  spanned(add('risks', 'Risks that were opened, with what became of them.', exportRisks))
    .addOption(new Option('--status <status>', 'of this status').choices(riskStatus.options))
    .addOption(new Option('--level <level>', 'of this level').choices(level.options));
  add('features', 'The features of every cell at a time.', exportFeatures).option(
    '--time <time>',
    'the time (default: now)',
  );
}

async function exportEvents(context: CommandContext, options: ExportOptions): Promise<ExitCode> {
  const format = formatFor(options, 'csv');
  const query = spanQuery(options);
  return toSink(context, options, async (sink) => {
    // The list answers in pages, the other formats in one stream of everything.
    if (format === 'json') return writeArray(sink, context.client.items(event, '/events', query));
    for await (const piece of context.client.stream('/events', {
      query: { ...query, format },
      accept: '*/*',
      timeoutMs: 120_000,
    })) {
      await sink.write(piece);
    }
  });
}

async function exportMap(context: CommandContext, options: ExportOptions): Promise<ExitCode> {
  const format = formatFor(options, 'geojson');
  const query: Query = {
    horizon: options.horizon ?? 24,
    event_type: options.eventType,
    bbox: boxOf(options),
    min_level: options.minLevel,
    resolution: options.resolution,
  };
  return toSink(context, options, async (sink) => {
    if (format === 'geojson' || format === 'json') {
      for await (const piece of context.client.stream('/risk-map', { query: { ...query, format }, accept: '*/*' }))
        await sink.write(piece);
      return;
    }
    const rows = mapRows(
      await context.client.json(riskMap, 'GET', '/risk-map', { query: { ...query, format: 'json' } }),
    );
    if (format === 'csv') await writeCsv(sink, MAP_COLUMNS, pageOf(rows));
    else await writeLines(sink, pageOf(rows));
  });
}

async function exportRisks(context: CommandContext, options: ExportOptions): Promise<ExitCode> {
  const format = formatFor(options, 'csv');
  const pages = () =>
    context.client.items(risk, '/risks', { ...spanQuery(options), status: options.status, level: options.level });
  return toSink(context, options, (sink) => {
    switch (format) {
      case 'csv':
        return writeCsv(sink, RISK_COLUMNS, pages());
      case 'ndjson':
        return writeLines(sink, pages());
      case 'json':
        return writeArray(sink, pages());
      case 'geojson':
        return writeCollection(sink, mapped(pages(), riskFeature));
    }
  });
}

async function exportFeatures(context: CommandContext, options: ExportOptions): Promise<ExitCode> {
  const format = formatFor(options, 'csv');
  const time = options.time === undefined ? new Date().toISOString() : instant('--time', options.time);
  // The time is fixed here, so that every page is of the same moment.
  const pages = () => context.client.items(cellFeatures, '/features/snapshot', { time, event_type: options.eventType });
  // h3-js takes its time to load and is needed for this alone.
  const outline = format === 'geojson' ? (await import('#geo')).cellFeature : null;
  return toSink(context, options, (sink) => {
    if (outline !== null)
      return writeCollection(
        sink,
        mapped(pages(), (features) => outline(features.cell, features, 'cut')),
      );
    if (format === 'csv') return writeCsv(sink, FEATURE_COLUMNS, pages());
    return format === 'ndjson' ? writeLines(sink, pages()) : writeArray(sink, pages());
  });
}

async function toSink(
  { terminal, surroundings }: CommandContext,
  { output }: ExportOptions,
  write: (sink: Sink) => Promise<void>,
): Promise<ExitCode> {
  const sink = await openSink(output, terminal);
  try {
    await write(sink);
    if (surroundings.signal.aborted) throw interrupted('Interrupted.');
    const bytes = await sink.finish();
    if (output !== undefined && output !== '-') {
      terminal.print(`Wrote ${output} (${bytes < 1e5 ? `${count(bytes)} bytes` : `${decimal(bytes / 1e6, 1)} MB`}).`);
      terminal.result({ file: output, bytes });
    }
    return EXIT.ok;
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}

function formatFor({ format, output }: ExportOptions, fallback: ExportFormat): ExportFormat {
  if (format !== undefined) return format;
  const extension = output === undefined ? '' : extname(output).slice(1).toLowerCase();
  return FORMATS.find((known) => known === extension || (known === 'ndjson' && extension === 'jsonl')) ?? fallback;
}

function spanQuery(options: ExportOptions): Query {
  return {
    event_type: options.eventType,
    from: options.from === undefined ? undefined : instant('--from', options.from),
    to: options.to === undefined ? undefined : instant('--to', options.to),
    bbox: boxOf(options),
  };
}

function boxOf({ bbox: text }: ExportOptions): string | undefined {
  if (text === undefined) return undefined;
  const parsed = bbox.safeParse(text);
  if (!parsed.success) throw usage(`--bbox "${text}" ${parsed.error.issues[0]?.message ?? 'is not a box'}.`);
  return text;
}

async function* pageOf<T>(rows: T[]): AsyncGenerator<T[]> {
  yield await Promise.resolve(rows);
}

async function* mapped<T, U>(pages: AsyncIterable<T[]>, change: (row: T) => U): AsyncGenerator<U[]> {
  for await (const rows of pages) yield rows.map(change);
}

async function writeCsv<T>(sink: Sink, columns: readonly CsvColumn<T>[], pages: AsyncIterable<T[]>): Promise<void> {
  await sink.write(csvHeader(columns));
  for await (const rows of pages) for (const row of rows) await sink.write(csvRecord(columns, row));
}

async function writeLines<T>(sink: Sink, pages: AsyncIterable<T[]>): Promise<void> {
  for await (const rows of pages) for (const row of rows) await sink.write(`${JSON.stringify(row)}\n`);
}

async function writeArray<T>(sink: Sink, pages: AsyncIterable<T[]>): Promise<void> {
  await writeJoined(sink, '[\n', pages, '\n]\n');
}

async function writeCollection<T>(sink: Sink, pages: AsyncIterable<T[]>): Promise<void> {
  await writeJoined(sink, '{"type":"FeatureCollection","features":[\n', pages, '\n]}\n');
}

async function writeJoined<T>(sink: Sink, start: string, pages: AsyncIterable<T[]>, end: string): Promise<void> {
  let before = start;
  for await (const rows of pages) {
    for (const row of rows) {
      await sink.write(before + JSON.stringify(row));
      before = ',\n';
    }
  }
  await sink.write(before === start ? start + end.trimStart() : end);
}
