import { describe, expect, it } from 'vitest';
import type { EventRow } from './event-row.js';
import { RequestContext, runInContext } from '#platform';
import { GroupCommit } from './group-commit.js';
import type { EventKeeper, Kept } from './spool/event-keeper.js';
import { Slots } from './slots.js';

const rows = (eventType: string, ...ids: string[]): EventRow[] =>
  ids.map((eventId) => ({
    eventId,
    eventType,
    time: 0,
    lat: 0,
    lon: 0,
    cell: '',
    amount: null,
    entityId: '',
    attrs: '{}',
  }));

interface Written {
  namespace: string;
  ids: string[];
  until: number;
  finish: (isNew?: boolean[], buffered?: boolean) => void;
  fail: (error: Error) => void;
}

/** A keeper that finishes when the test says so. */
function harness() {
  const written: Written[] = [];
  const keeper: Pick<EventKeeper, 'keep'> = {
    keep: (namespace, batch, until) => {
      const { promise, resolve, reject } = Promise.withResolvers<Kept>();
      const ids = batch.map(({ eventId }) => eventId);
      const finish = (isNew = ids.map(() => true), buffered = false) => resolve({ isNew, buffered });
      written.push({ namespace, ids, until, finish, fail: reject });
      return promise;
    },
  };
  return { written, commits: new GroupCommit(keeper as EventKeeper) };
}

const direct = (...isNew: boolean[]): Kept => ({ isNew, buffered: false });

describe('group commit', () => {
  it('writes a lone request at once, and what comes meanwhile together after it', async () => {
    const { written, commits } = harness();
    const first = commits.write('n', rows('t', 'a'));
    const others = [commits.write('n', rows('t', 'b', 'c')), commits.write('n', rows('t', 'd'))];
    expect(written.map(({ ids }) => ids)).toEqual([['a']]);
    written[0]?.finish();
    expect(await first).toEqual(direct(true));
    await Promise.resolve();
    expect(written.map(({ ids }) => ids)).toEqual([['a'], ['b', 'c', 'd']]);
    written[1]?.finish([true, false, false], true);
    expect(await Promise.all(others)).toEqual([
      { isNew: [true, false], buffered: true },
      { isNew: [false], buffered: true },
    ]);
  });

  it('keeps namespaces apart', () => {
    const { written, commits } = harness();
    void commits.write('n', rows('t', 'a'));
    void commits.write('m', rows('t', 'b'));
    expect(written.map(({ namespace, ids }) => [namespace, ids])).toEqual([
      ['n', ['a']],
      ['m', ['b']],
    ]);
  });

  it('fails who was in the batch that failed, and goes on', async () => {
    const { written, commits } = harness();
    const first = commits.write('n', rows('t', 'a'));
    const second = commits.write('n', rows('t', 'b'));
    const third = commits.write('n', rows('t', 'c'));
    written[0]?.fail(new Error('down'));
    await expect(first).rejects.toThrow('down');
    await Promise.resolve();
    written[1]?.finish();
    expect(await second).toEqual(direct(true));
    expect(await third).toEqual(direct(true));
    const fourth = commits.write('n', rows('t', 'd'));
    written[2]?.finish();
    expect(await fourth).toEqual(direct(true));
  });

  it('does not let a group outgrow an insert, but takes a large request whole', async () => {
    const { written, commits } = harness();
    const many = (n: number) => rows('t', ...Array.from({ length: n }, (_, i) => String(i)));
    void commits.write('n', many(30_000));
    void commits.write('n', many(15_000));
    void commits.write('n', many(6_000));
    void commits.write('n', many(4_000));
    for (let i = 0; i < 3; i++) {
      written[i]?.finish();
      await new Promise(setImmediate);
    }
    expect(written.map(({ ids }) => ids.length)).toEqual([30_000, 15_000, 10_000]);
  });

  it('leaves a request time to answer: the one of a group that is due first', async () => {
    const { written, commits } = harness();
    const due = (ms: number) => {
      const context = new RequestContext('r', 1_000_000);
      context.allow(ms);
      return context;
    };
    void commits.write('n', rows('t', 'a'));
    void runInContext(due(9_000), () => commits.write('n', rows('t', 'b')));
    void runInContext(due(5_000), () => commits.write('n', rows('t', 'c')));
    void commits.write('n', rows('t', 'd'));
    written[0]?.finish();
    await new Promise(setImmediate);
    expect(written.map(({ until }) => until)).toEqual([Infinity, 1_004_000]);
  });

  it('writes nothing for nothing', async () => {
    const { written, commits } = harness();
    expect(await commits.write('n', [])).toEqual(direct());
    expect(written).toEqual([]);
  });
});

it('slots let so many run at once, in the order they came, also after failures', async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const runs = gates.map((gate, i) =>
    slots.run(async () => {
      order.push(i);
      await gate.promise;
    }),
  );
  expect(order).toEqual([0, 1]);
  gates[1]?.reject(new Error('one fails'));
  await expect(runs[1]).rejects.toThrow('one fails');
  await new Promise(setImmediate);
  expect(order).toEqual([0, 1, 2]);
  for (const gate of gates) gate.resolve();
  await Promise.all(runs.filter((_, i) => i !== 1));
  expect(order).toEqual([0, 1, 2, 3]);
});
