/**
 * Runs benchmarks: `node loadtests/bench/run.ts <name> [<name> …]`, without a name it lists them. Build first (`nest build`): the
 * benchmarks measure what is in dist/.
 *
 * Each is measured several times; the table shows median, least and most, and the same goes to reports/<name>.json with the machine it
 * ran on. The exit code is 1 where a median misses its bar.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Bar, Bench } from './bench.js';
import { endSharedWorld } from './load/served.ts';

const folder = new URL('./', import.meta.url);

interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly values: readonly number[];
}

async function loadBenches(): Promise<Map<string, Bench>> {
  const found = new Map<string, Bench>();
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.bench.ts')).sort()) {
    const loaded = (await import(new URL(file, folder).href)) as { benches: Record<string, Bench> };
    for (const [name, bench] of Object.entries(loaded.benches)) found.set(name, bench);
  }
  return found;
}

function summarise(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted[sorted.length - 1]!, values };
}

function describeBar(bar: Bar): string {
  return bar.atLeast === undefined ? `<= ${bar.atMost}` : `>= ${bar.atLeast}`;
}

function passes(bar: Bar, figure: Figure | undefined): boolean {
  if (figure === undefined) return false;
  return figure.median >= (bar.atLeast ?? -Infinity) && figure.median <= (bar.atMost ?? Infinity);
}

async function run(name: string, bench: Bench): Promise<boolean> {
  console.log(`\n${name}: ${bench.description}`);
  const context = await bench.prepare();
  if (typeof context === 'string') {
    console.log(`  not run: ${context}`);
    return true;
  }
  const collected = new Map<string, number[]>();
  try {
    for (let i = -1; i < bench.runs; i++) {
      const figures = await bench.measure(context);
      if (i < 0) continue;
      for (const [figure, value] of Object.entries(figures)) {
        const values = collected.get(figure) ?? [];
        values.push(value);
        collected.set(figure, values);
      }
    }
  } finally {
    await bench.finish?.(context);
  }
  const figures = new Map([...collected].map(([figure, values]) => [figure, summarise(values)]));
  let good = true;
  const rows: Record<string, Record<string, string>> = {};
  for (const [figure, { median, min, max }] of figures) {
    const bars = bench.bars.filter((bar) => bar.figure === figure);
    rows[figure] = {
      median: median.toPrecision(5),
      min: min.toPrecision(5),
      max: max.toPrecision(5),
      bar: bars.map((bar) => `${describeBar(bar)} ${passes(bar, figures.get(figure)) ? 'met' : 'MISSED'}`).join(', '),
    };
  }
  for (const bar of bench.bars) good &&= passes(bar, figures.get(bar.figure));
  console.table(rows);

  const report = {
    name,
    description: bench.description,
    date: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memory_gb: Math.round(totalmem() / 2 ** 30),
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
    },
    runs: bench.runs,
    figures: Object.fromEntries(figures),
    bars: bench.bars.map((bar) => ({ ...bar, met: passes(bar, figures.get(bar.figure)) })),
  };
  await mkdir(new URL('reports/', folder), { recursive: true });
  await writeFile(new URL(`reports/${name}.json`, folder), `${JSON.stringify(report, null, 2)}\n`);
  return good;
}

const benches = await loadBenches();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !benches.has(name));
if (wanted.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no such benchmark: ${unknown.join(', ')}`);
  for (const [name, bench] of benches) console.log(`${name.padEnd(20)} ${bench.description}`);
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else {
  let good = true;
  try {
    for (const name of wanted) good = (await run(name, benches.get(name)!)) && good;
  } finally {
    await endSharedWorld();
  }
  process.exitCode = good ? 0 : 1;
}
