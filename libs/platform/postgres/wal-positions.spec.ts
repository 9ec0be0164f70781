import { describe, expect, it } from 'vitest';
import { isReplicasFault } from './replica-fault.js';
import { endOfRecords, OwnWrites, parsePosition, WalSamples } from './wal-positions.js';

describe('a position of the log', () => {
  it.each([
    ['0/0', 0n],
    ['0/FFFFFFFF', 0xffff_ffffn],
    ['1/0', 0x1_0000_0000n],
    ['16/B374D848', 0x16_b374_d848n],
    ['FFFFFFFF/FFFFFFFF', 0xffff_ffff_ffff_ffffn],
  ])('%s', (text, position) => expect(parsePosition(text)).toBe(position));
});

describe('the end of the records before a position', () => {
  it.each([
    ['0/3000028', '0/3000000'],
    ['0/3002018', '0/3002000'],
    // A record that reaches 16 bytes into a page.
    ['0/3002028', '0/3002028'],
    ['0/3002060', '0/3002060'],
    ['0/3002000', '0/3002000'],
  ])('%s is %s', (position, end) => expect(endOfRecords(parsePosition(position))).toBe(parsePosition(end)));
});

describe('the lag of a replica', () => {
  const samples = new WalSamples(1_000);
  for (let i = 0; i <= 10; i++) samples.add({ at: 5_000 + i * 100, position: BigInt(i * 10) });

  it.each([
    [100n, 0],
    [10_000n, 0],
    [99n, 100],
    [50n, 500],
    [0n, 1_000],
    [-1n, Infinity],
  ])('that has replayed up to %s is %s ms', (position, lag) => expect(samples.lagOf(position)).toBe(lag));

  it('cannot be told before the primary was asked, nor beyond what is kept', () => {
    expect(new WalSamples(1_000).lagOf(5n)).toBe(Infinity);
    const short = new WalSamples(150);
    for (let i = 0; i <= 10; i++) short.add({ at: i * 100, position: BigInt(i) });
    expect(short.lagOf(9n)).toBe(100);
    expect(short.lagOf(8n)).toBe(Infinity);
  });

  it('is none while the primary rests', () => {
    const resting = new WalSamples(1_000);
    for (let at = 0; at < 100_000; at += 250) resting.add({ at, position: 7n });
    expect(resting.lagOf(7n)).toBe(0);
  });
});

describe("a token's own writes", () => {
  it('keep it at the primary until the position behind them is known and replayed', () => {
    const writes = new OwnWrites(10_000);
    expect(writes.needed('a')).toBe(0n);
    writes.wrote('a', 100);
    expect(writes.needed('a')).toBeGreaterThan(1n << 63n);
    expect(writes.needed('b')).toBe(0n);
    expect(writes.needed(undefined)).toBe(0n);
    // Asked before the write: the answer may be from before it.
    writes.learned(50n, 99);
    expect(writes.needed('a')).toBeGreaterThan(1n << 63n);
    writes.learned(70n, 100);
    expect(writes.needed('a')).toBe(70n);
    writes.learned(90n, 200);
    expect(writes.needed('a')).toBe(70n);
    writes.wrote('a', 300);
    writes.learned(95n, 301);
    expect(writes.needed('a')).toBe(95n);
  });

  it('are forgotten when every replica in use must have them', () => {
    const writes = new OwnWrites(1_000);
    writes.wrote('a', 0);
    writes.learned(5n, 10);
    writes.learned(6n, 1_001);
    expect(writes.needed('a')).toBe(0n);
  });

  it('are remembered for everyone where there is no room for each', () => {
    const writes = new OwnWrites(10_000, 2);
    writes.wrote('a', 0);
    writes.learned(5n, 1);
    writes.wrote('b', 2);
    writes.wrote('c', 3);
    expect(writes.needed('z')).toBe(5n);
    writes.wrote('d', 4);
    // b's position was not known yet: nobody reads from a replica until the next one is.
    expect(writes.needed('z')).toBeGreaterThan(1n << 63n);
    writes.learned(9n, 5);
    expect(writes.needed('z')).toBe(9n);
    expect(writes.needed('d')).toBe(9n);
  });
});

describe('an error on a replica', () => {
  const withCode = (message: string, code: string) => Object.assign(new Error(message), { code });
  it.each([
    [withCode('canceling statement due to conflict with recovery', '40001'), 'conflict'],
    [withCode('terminating connection due to administrator command', '57P01'), 'away'],
    [withCode('connect ECONNREFUSED', 'ECONNREFUSED'), 'away'],
    [new Error('Connection terminated unexpectedly'), 'away'],
    [withCode('canceling statement due to user request', '57014'), undefined],
    [withCode('syntax error', '42601'), undefined],
    ['text', undefined],
  ])('%s is %s', (error, fault) => expect(isReplicasFault(error)).toBe(fault));
});
