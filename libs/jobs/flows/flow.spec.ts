import { expect, it } from 'vitest';
import { jobsBulkInput } from '#contracts';
import { readFlow } from './flow.js';

const read = (...jobs: object[]) => readFlow('default', jobsBulkInput.parse({ jobs }));
const errorsOf = (...jobs: object[]) => {
  try {
    read(...jobs);
    return [];
  } catch (error) {
    return (error as { errors: { path: string }[] }).errors.map(({ path }) => path);
  }
};
const train = { id: 'train', type: 'model.train', params: { event_type: 'fire' } };
const OUTSIDE = '0f3d2a9c-5b1e-4c77-9a52-6f0e7d1c8b34';

it('a job names those before it, by what they are called there', () => {
  const { jobs, outside } = read(train, {
    type: 'model.backtest',
    params: { model_version: '{{ train.result.model_version }}' },
    depends_on: ['train', OUTSIDE],
  });
  const [first, second] = jobs;
  expect(second).toMatchObject({
    dependsOn: [first?.jobId, OUTSIDE],
    params: { model_version: `{{${first?.jobId}.result.model_version}}` },
  });
  expect(outside).toEqual([OUTSIDE]);
});

it('jobs of a chain are none that others are like', () => {
  const refresh = { type: 'surface.refresh', params: { event_type: 'fire' } };
  const { jobs } = read(train, { ...refresh, depends_on: ['train'] }, refresh);
  expect(jobs.map(({ uniqueKey }) => uniqueKey === null)).toEqual([true, true, false]);
});

it('every mistake is named', () => {
  expect(
    errorsOf(
      { ...train, depends_on: ['train'] },
      { type: 'model.backtest', params: { model_version: '{{train.result.model_version}}' } },
      { type: 'surface.refresh', params: { event_type: 5 } },
      { ...train, params: {} },
      { type: 'surface.refresh', params: { event_type: 'x' }, depends_on: ['later'] },
    ),
  ).toEqual(['jobs.0.depends_on', 'jobs.1.params', 'jobs.2.params.event_type', 'jobs.3.id', 'jobs.4.depends_on']);
});
