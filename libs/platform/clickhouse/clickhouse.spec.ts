import type { ClickHouseClient } from '@clickhouse/client';
import { describe, expect, it } from 'vitest';
import { AppError } from '../http/app-error.js';
import { classify } from './clickhouse-errors.js';
import { Lanes } from './lanes.js';

class ClickHouseError extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly type?: string,
  ) {
    super(message);
  }
}

describe('what a failure of ClickHouse means', () => {
  it.each([
    [new ClickHouseError('over', '159', 'TIMEOUT_EXCEEDED'), 'DEADLINE_EXCEEDED'],
    [new ClickHouseError('killed', '394', 'QUERY_WAS_CANCELLED'), 'DEADLINE_EXCEEDED'],
    [new ClickHouseError('busy', '202', 'TOO_MANY_SIMULTANEOUS_QUERIES'), 'UNAVAILABLE'],
    [new ClickHouseError('merging', '252', 'TOO_MANY_PARTS'), 'UNAVAILABLE'],
    [new ClickHouseError('memory', '241', 'MEMORY_LIMIT_EXCEEDED'), 'UNAVAILABLE'],
    [new ClickHouseError('no keeper', '242', 'TABLE_IS_READ_ONLY'), 'UNAVAILABLE'],
    [new ClickHouseError('Cannot reserve 1.00 MiB, not enough space', '243', 'NOT_ENOUGH_SPACE'), 'STORAGE_FULL'],
    [new ClickHouseError('write: No space left on device', '75', 'CANNOT_WRITE_TO_FILE_DESCRIPTOR'), 'STORAGE_FULL'],
    [new ClickHouseError('Missing columns: secret', '47', 'UNKNOWN_IDENTIFIER'), 'INTERNAL'],
    // A query that names a closed thing is wrong; it does not say that the server is away.
    [new ClickHouseError('timeout: connection closed', '47', 'UNKNOWN_IDENTIFIER'), 'INTERNAL'],
    [new ClickHouseError('no type', '1'), 'INTERNAL'],
    [Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'UNAVAILABLE'],
    [new Error('Timeout error.'), 'UNAVAILABLE'],
    [new Error('socket hang up'), 'UNAVAILABLE'],
    [new Error('Breaker is open'), 'UNAVAILABLE'],
    [new Error('secret'), 'INTERNAL'],
    ['text', 'INTERNAL'],
  ])('%s is %s', (error, code) => {
    const answer = classify(error, 'events.list');
    expect(answer.code).toBe(code);
    expect(answer.message).not.toContain('secret');
    expect(answer.cause).toBeInstanceOf(Error);
  });

  it('leaves an AppError as it is', () => {
    const error = new AppError('RATE_LIMITED', 'slow down');
    expect(classify(error, 'x')).toBe(error);
  });
});

describe('lanes', () => {
  const client = (closed: string[] = [], name = 'a') =>
    // Lanes hand clients out and close them; no other part of one is touched.
    ({ name, close: () => Promise.resolve(void closed.push(name)) }) as unknown as ClickHouseClient;

  it('run one piece of work each and take the others in the order they came', async () => {
    const lanes = new Lanes([client(), client()]);
    const order: number[] = [];
    const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
    const runs = gates.map((gate, i) =>
      lanes.run(async () => {
        order.push(i);
        await gate.promise;
        return i;
      }),
    );
    await Promise.resolve();
    expect(order).toEqual([0, 1]);
    gates[1]?.resolve();
    await runs[1];
    expect(order).toEqual([0, 1, 2]);
    gates[0]?.resolve();
    await runs[0];
    expect(order).toEqual([0, 1, 2, 3]);
    for (const gate of gates) gate.resolve();
    expect(await Promise.all(runs)).toEqual([0, 1, 2, 3, 4]);
  });

  it('are given back after an error', async () => {
    const lanes = new Lanes([client()]);
    await expect(lanes.run(() => Promise.reject(new Error('boom')))).rejects.toThrow('boom');
    expect(await lanes.run(() => Promise.resolve('next'))).toBe('next');
  });

  it('let go who gives up in line, and nobody loses the place', async () => {
    const lanes = new Lanes([client()]);
    const gate = Promise.withResolvers<void>();
    const first = lanes.run(() => gate.promise);
    const abort = new AbortController();
    const started: string[] = [];
    const given = lanes.run(() => Promise.resolve(started.push('given up')), abort.signal);
    const last = lanes.run(() => Promise.resolve(started.push('last')));
    abort.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    gate.resolve();
    await Promise.all([first, last]);
    expect(started).toEqual(['last']);
  });

  it('do not begin for who has given up already, and do not listen on', async () => {
    const lanes = new Lanes([client()]);
    await expect(lanes.run(() => Promise.resolve(1), AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
    const abort = new AbortController();
    const gate = Promise.withResolvers<void>();
    const first = lanes.run(() => gate.promise);
    const second = lanes.run(() => Promise.resolve(2), abort.signal);
    gate.resolve();
    await first;
    expect(await second).toBe(2);
    abort.abort();
    expect(await lanes.run(() => Promise.resolve(3))).toBe(3);
  });

  it('can be as wide as a pool, and close every client once', async () => {
    const closed: string[] = [];
    const lanes = new Lanes([client(closed, 'a'), client(closed, 'b')], 2);
    let running = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 10 }, () =>
        lanes.run(async () => {
          most = Math.max(most, ++running);
          await Promise.resolve();
          running--;
        }),
      ),
    );
    expect(most).toBe(4);
    await lanes.close();
    expect(closed.sort()).toEqual(['a', 'b']);
  });
});
