import { expect, it } from 'vitest';
import { makeEntry } from './entry.js';
import { MemoryLevel } from './memory-level.js';
import { CacheStatistics } from './statistics.js';
import { Tags } from './tags.js';

const HOUR = 3_600_000;

function open(limitBytes: number) {
  const tags = new Tags();
  const memory = new MemoryLevel(limitBytes, tags);
  const statistics = new CacheStatistics();
  const put = async (key: string, size: number, tag = key) => {
    const now = Date.now();
    const times = { storedAt: now, freshUntil: now + HOUR, staleUntil: now + HOUR, loadMs: 1 };
    const fence = tags.fence([tag]);
    await memory.set(key, makeEntry({ value: key, times, fence, size, key, statistics }));
    tags.release(fence);
  };
  return { tags, memory, statistics, put };
}

it('never holds more bytes than it may, and lets go of what was asked for least lately', async () => {
  const limit = 1024 * 1024;
  const { memory, statistics, tags, put } = open(limit);
  await put('kept', 10_000);
  for (let i = 0; i < 1_000; i++) {
    await put(`k${i}`, 10_000);
    expect(memory.bytes).toBeLessThanOrEqual(limit);
    expect(memory.find('kept')?.value).toBe('kept');
  }
  expect(memory.find('k0')).toBeUndefined();
  expect(memory.find('k999')?.value).toBe('k999');
  expect(memory.entries).toBeGreaterThan(90);
  expect(statistics.evictions).toBe(1_001 - memory.entries);
  expect([statistics.entries, statistics.bytes]).toEqual([memory.entries, memory.bytes]);
  // What left took its tags along.
  expect(tags.size).toBe(memory.entries);
});

it('does not push out everything for one value', async () => {
  const { memory, statistics, tags, put } = open(1024 * 1024);
  await put('small', 1_000);
  await put('large', 600_000);
  expect([memory.find('large'), memory.find('small')?.value]).toEqual([undefined, 'small']);
  expect([statistics.evictions, tags.size]).toEqual([0, 1]);
});

it('counts what is written over, deleted and cleared once', async () => {
  const { memory, statistics, tags, put } = open(1024 * 1024);
  await put('a', 1_000);
  await put('a', 2_000);
  await put('b', 1_000);
  expect([statistics.entries, statistics.bytes]).toEqual([2, memory.bytes]);
  memory.delete('a');
  expect([statistics.entries, statistics.bytes, tags.size]).toEqual([1, memory.bytes, 1]);
  memory.clear();
  expect([statistics.entries, statistics.bytes, statistics.evictions, tags.size]).toEqual([0, 0, 0, 0]);
});
