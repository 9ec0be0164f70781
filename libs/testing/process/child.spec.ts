import { describe, expect, it } from 'vitest';
import { Child, isAlive, run } from './child.js';

const node = (program: string): Child => new Child({ command: process.execPath, args: ['-e', program] });

describe('Child', () => {
  it('waits for output that comes in parts', async () => {
    const child = node(
      "process.stdout.write('rea'); setTimeout(() => process.stdout.write('dy 7'), 50); setInterval(() => 0, 99)",
    );
    const found = await child.waitForOutput('ready', 5_000, ({ stdout }) => /ready (\d)/.exec(stdout)?.[1]);
    expect(found).toBe('7');
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(isAlive(child.pid)).toBe(false);
  });

  it('says what a process printed that ended too early', async () => {
    const child = node("console.error('out of cheese'); process.exit(3)");
    await expect(child.waitForOutput('ready', 5_000, () => undefined)).rejects.toThrow(
      /before ready \(exit code 3[^]*out of cheese/,
    );
  });

  it('gives up at the deadline', async () => {
    const child = node('setInterval(() => 0, 99)');
    await expect(child.waitForOutput('ready', 100, () => undefined)).rejects.toThrow(
      'did not reach "ready" within 100 ms',
    );
    await child.kill();
  });

  it('kills a process that does not listen to SIGTERM, after its grace', async () => {
    const child = node("process.on('SIGTERM', () => 0); console.log('up'); setInterval(() => 0, 99)");
    await child.waitForOutput('up', 5_000, ({ stdout }) => (stdout.includes('up') ? true : undefined));
    expect(await child.stop(100)).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('tells of a program that does not exist', async () => {
    await expect(run('no-such-program', [])).rejects.toThrow('no-such-program');
  });
});
