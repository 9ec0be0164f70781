import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LineBlocks } from './line-blocks.js';

let blocks: string[];
let written: number;
let lines: LineBlocks;

beforeEach(() => {
  vi.useFakeTimers();
  blocks = [];
  written = 0;
  lines = new LineBlocks({
    write: (block) => blocks.push(block),
    flushSync: () => {
      written = blocks.length;
    },
  });
});
afterEach(() => vi.useRealTimers());

it('hands lines on together, in their order, after a moment', () => {
  for (const line of ['a\n', 'b\n', 'c\n']) lines.write(line);
  expect(blocks).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(blocks).toEqual(['a\nb\nc\n']);
  vi.advanceTimersByTime(1_000);
  lines.write('d\n');
  vi.advanceTimersByTime(100);
  expect(blocks).toEqual(['a\nb\nc\n', 'd\n']);
});

it('does not wait where a block is full, and loses none', () => {
  const sent = Array.from({ length: 5_000 }, (_, n) => `${n} ${'x'.repeat(n % 90)}\n`);
  for (const line of sent) lines.write(line);
  expect(blocks.length).toBeGreaterThan(2);
  expect(Math.max(...blocks.map(({ length }) => length))).toBeLessThan(66_000);
  lines.flush();
  expect(blocks.join('')).toBe(sent.join(''));
});

it('writes at once where it is asked to', () => {
  lines.write('last words\n');
  lines.flushSync();
  expect(blocks).toEqual(['last words\n']);
  expect(written).toBe(1);
});

it('says the last words of a process, however it ends', async () => {
  vi.useRealTimers();
  const program = (end: string) => `
    import { pino } from 'pino';
    import { toStdout } from ${JSON.stringify(new URL('./line-blocks.ts', import.meta.url).href)};
    const logger = pino({ base: null, timestamp: false }, toStdout());
    logger.info('one');
    logger.info('two');
    ${end}`;
  const run = promisify(execFile);
  for (const end of [
    '',
    'process.exit(0);',
    'process.on("uncaughtException", (e) => { logger.fatal(e.message); process.exit(0); }); throw new Error("three");',
  ]) {
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program(end)]);
    const said = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(said).toEqual(end.includes('three') ? ['one', 'two', 'three'] : ['one', 'two']);
  }
});
