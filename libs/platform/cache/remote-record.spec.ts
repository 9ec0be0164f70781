import { expect, it } from 'vitest';
import { readRecord, writeRecord } from './remote-record.js';

const times = { storedAt: 1, freshUntil: 2, staleUntil: 3, loadMs: 4.5 };

it.each([
  { times, tags: ['a', 'b'], ids: ['*', 'x', 'y'], text: 'one\ntwo\n' },
  { times: { ...times, freshUntil: Infinity, staleUntil: Infinity }, tags: [], ids: [], text: '' },
  { times, tags: ['"\n\\'], ids: ['_date_'], text: '_function_\u0000é😀' },
])('reads what it wrote: %j', (record) => expect(readRecord(writeRecord(record))).toEqual(record));

it.each(['', 'x', '{}\n', '[1,2]\n', '[1,2,3,4,["a"],[5]]\ntext'])('refuses %j', (text) => {
  expect(() => readRecord(text)).toThrow();
});
