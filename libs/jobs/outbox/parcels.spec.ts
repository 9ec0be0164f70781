import { afterEach, expect, it } from 'vitest';
import { JOBS } from '../catalog/catalog.js';
import { type Due, pack } from './parcels.js';

const before = { ...JOBS['surface.refresh'] };
afterEach(() => {
  delete JOBS['surface.refresh'].rateLimit;
  Object.assign(JOBS['surface.refresh'], before);
});

let seq = 0;
const due = (namespace_id: string, job_id: string, more: Partial<Due> = {}): Due => ({
  job_id,
  namespace_id,
  type: 'surface.refresh',
  priority: 5,
  seq: String(++seq),
  ...more,
});
const many = (namespace: string, n: number) => Array.from({ length: n }, (_, i) => due(namespace, `${namespace}${i}`));

it('few jobs go one by one, so that every free worker gets one', () => {
  expect(pack(many('a', 16)).map(({ jobs }) => jobs.length)).toEqual(Array(16).fill(1));
});

it('many share messages', () => {
  const parcels = pack(many('a', 512));
  expect(parcels.map(({ jobs }) => jobs.length)).toEqual(Array(32).fill(16));
  expect(new Set(parcels.map(({ delivery }) => delivery)).size).toBe(32);
  expect(parcels.flatMap(({ jobs }) => jobs)).toEqual(many('a', 512).map(({ job_id }) => job_id));
});

it('namespaces take turns, and within one the urgent come first', () => {
  const jobs = [...many('a', 3), due('b', 'late'), due('b', 'urgent', { priority: 1 }), due('c', 'only')];
  expect(pack(jobs).flatMap((parcel) => parcel.jobs)).toEqual(['a0', 'urgent', 'only', 'a1', 'late', 'a2']);
});

it('each queue has messages of its own', () => {
  const parcels = pack([due('a', 'x'), due('a', 'y', { type: 'model.train' })]);
  expect(parcels.map(({ queue, jobs }) => [queue, jobs])).toEqual([
    ['surface', ['x']],
    ['training', ['y']],
  ]);
});

it('what is held to a rate goes alone: what is given back would count twice', () => {
  JOBS['surface.refresh'].rateLimit = { max: 100, perMs: 1_000 };
  expect(pack(many('a', 100)).every(({ jobs }) => jobs.length === 1)).toBe(true);
});
