import { Injectable, Module, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';
import type { JobType } from '#contracts';
import { JOBS } from '../catalog/catalog.js';
import { HandlesJob, type JobHandler } from './handler.js';
import { Handlers } from './handlers.js';

abstract class Work {
  run(): Promise<never> {
    return Promise.reject(new Error('Nobody runs it here'));
  }
}

@Injectable()
@HandlesJob('model.train')
class Train extends Work implements JobHandler<'model.train'> {}

@Injectable()
@HandlesJob('model.backtest')
class Backtest extends Work implements JobHandler<'model.backtest'> {}

@Injectable()
@HandlesJob('surface.refresh')
class Refresh extends Work implements JobHandler<'surface.refresh'> {}

@Injectable()
@HandlesJob('surface.refresh')
class RefreshAgain extends Work implements JobHandler<'surface.refresh'> {}

/** Of all other types of the catalog. */
const others = (Object.keys(JOBS) as JobType[])
  .filter((type) => !['model.train', 'model.backtest', 'surface.refresh'].includes(type))
  .map((type) => {
    @Injectable()
    @HandlesJob(type)
    class Other extends Work {}
    return Other;
  });

async function start(...handlers: Type[]): Promise<Handlers> {
  @Module({ imports: [DiscoveryModule], providers: [Handlers, ...others, ...handlers] })
  class Worker {}
  const module = await Test.createTestingModule({ imports: [Worker] }).compile();
  await module.init();
  return module.get(Handlers);
}

it('finds the handler of every type', async () => {
  const handlers = await start(Train, Backtest, Refresh);
  expect(handlers.of('model.backtest')).toBeInstanceOf(Backtest);
  expect(handlers.of('surface.refresh')).toBeInstanceOf(Refresh);
});

it('stops the start at a type that has none or two', async () => {
  await expect(start(Train, Refresh)).rejects.toThrow('model.backtest has no handler');
  await expect(start(Train, Backtest, Refresh, RefreshAgain)).rejects.toThrow('surface.refresh has two handlers');
});
