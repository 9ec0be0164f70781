import { describe, expect, it } from 'vitest';
import { Bulkhead } from './bulkhead.js';

const make = (options: Partial<ConstructorParameters<typeof Bulkhead>[0]> = {}) =>
  new Bulkhead({ name: 'The store', width: 4, share: 2, line: 3, patienceMs: 5_000, ...options });

/** Lets everything run that can run now. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a bulkhead', () => {
  it('gives one owner its share and keeps the rest for the others', async () => {
    const bulkhead = make();
    const first = await bulkhead.enter('a');
    await bulkhead.enter('a');
    let third = false;
    const waits = bulkhead.enter('a').then((leave) => {
      third = true;
      return leave;
    });
    await bulkhead.enter('b');
    await bulkhead.enter('b');
    await settle();
    expect(third).toBe(false);
    expect(bulkhead.waiting).toBe(1);
    first();
    await waits;
    expect(bulkhead.waiting).toBe(0);
  });

  it('lets the platform itself have all there is', async () => {
    const bulkhead = make();
    const leaves = await Promise.all(Array.from({ length: 4 }, () => bulkhead.enter(undefined)));
    const order: string[] = [];
    const waits = bulkhead.enter('a').then(() => order.push('a'));
    await settle();
    expect(order).toEqual([]);
    leaves[0]?.();
    await waits;
  });

  it('serves owners that wait in turn, however many of one there are', async () => {
    const bulkhead = make({ width: 1, share: 1, line: 100 });
    const leave = await bulkhead.enter('x');
    const order: string[] = [];
    const enter = async (owner: string) => {
      const done = await bulkhead.enter(owner);
      order.push(owner);
      done();
    };
    const all = ['a', 'a', 'a', 'a', 'b', 'c'].map(enter);
    leave();
    await Promise.all(all);
    expect(order).toEqual(['a', 'b', 'c', 'a', 'a', 'a']);
  });

  it('turns away whose line is full, and nobody else', async () => {
    const bulkhead = make({ width: 2, share: 1, line: 1 });
    await bulkhead.enter('a');
    const waits = bulkhead.enter('a');
    await expect(bulkhead.enter('a')).rejects.toMatchObject({ code: 'OVERLOADED', status: 503 });
    const leaveB = await bulkhead.enter('b');
    leaveB();
    void waits;
  });

  it('turns away who waited too long', async () => {
    const bulkhead = make({ width: 1, patienceMs: 1 });
    const leave = await bulkhead.enter('a');
    await expect(bulkhead.enter('b')).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(bulkhead.waiting).toBe(0);
    leave();
    (await bulkhead.enter('b'))();
  });

  it('lets go who gives up, and begins nothing for who has given up', async () => {
    const bulkhead = make({ width: 1 });
    const leave = await bulkhead.enter('a');
    const abort = new AbortController();
    const waits = bulkhead.enter('b', abort.signal);
    abort.abort(new Error('enough'));
    await expect(waits).rejects.toThrow('enough');
    await expect(bulkhead.enter('c', abort.signal)).rejects.toThrow('enough');
    expect(bulkhead.waiting).toBe(0);
    leave();
    (await bulkhead.enter('c'))();
  });

  it('counts an end once, and never lets more in than there is room', async () => {
    const bulkhead = make({ width: 3, share: 2, line: 1_000 });
    let running = 0;
    let most = 0;
    const work = async (owner: string) => {
      const leave = await bulkhead.enter(owner);
      most = Math.max(most, ++running);
      await settle();
      running--;
      leave();
      leave();
    };
    await Promise.all(Array.from({ length: 300 }, (_, i) => work(`owner ${i % 7}`)));
    expect(most).toBe(3);
    expect(bulkhead.waiting).toBe(0);
  });
});
