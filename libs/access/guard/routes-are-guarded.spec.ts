import { Controller, Get, Module, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';
import { Public, RequireScope } from './require-scope.js';
import { RoutesAreGuarded } from './routes-are-guarded.js';

@Controller('good')
@Public()
class PublicController {
  @Get()
  read(): string {
    return '';
  }
}

class Inherited {
  @Get('inherited')
  inherited(): string {
    return '';
  }
}

@Controller('mixed')
class MixedController extends Inherited {
  @Get('guarded')
  @RequireScope('admin')
  guarded(): string {
    return '';
  }

  @Get('forgotten')
  forgotten(): string {
    return this.noRoute();
  }

  noRoute(): string {
    return '';
  }
}

async function start(...controllers: Type[]): Promise<void> {
  @Module({ imports: [DiscoveryModule], controllers, providers: [RoutesAreGuarded] })
  class App {}
  const module = await Test.createTestingModule({ imports: [App] }).compile();
  try {
    await module.init();
  } finally {
    await module.close();
  }
}

it('lets an application start whose every route says who may come', async () => {
  await expect(start(PublicController)).resolves.toBeUndefined();
});

it('stops the start at routes that say nothing, also inherited ones, and names them', async () => {
  await expect(start(PublicController, MixedController)).rejects.toThrow(
    /say nothing of access: (?=.*MixedController\.forgotten)(?=.*MixedController\.inherited)(?!.*guarded,)(?!.*noRoute)/,
  );
});
