import { Controller, Delete, Get, Module, Patch, Post } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Answers, Atomic } from '#platform';
import { BatchRoutes } from './routes.js';

@Controller('things')
class ThingsController {
  @Get(':id')
  @Atomic()
  read(): void {
    return undefined;
  }
  @Get('stats')
  stats(): void {
    return undefined;
  }
  @Patch(':id')
  @Atomic()
  patch(): void {
    return undefined;
  }
  @Get(':id/events')
  @Answers(undefined, { summary: 'live', deadlineMs: null })
  events(): void {
    return undefined;
  }
}

@Controller()
class OtherController {
  @Post('a/b')
  ab(): void {
    return undefined;
  }
  @Post(':x/b')
  @Atomic()
  xb(): void {
    return undefined;
  }
  @Delete()
  root(): void {
    return undefined;
  }
}

@Module({
  imports: [DiscoveryModule],
  controllers: [OtherController, ThingsController],
  providers: [BatchRoutes],
})
class App {}

let module: TestingModule;
let routes: BatchRoutes;
beforeAll(async () => {
  module = await Test.createTestingModule({ imports: [App] }).compile();
  routes = module.get(BatchRoutes);
});
afterAll(() => module.close());

it.each([
  ['GET', '/things/7', 'things/:id', true],
  ['GET', '/things/7?x=/things/stats', 'things/:id', true],
  ['GET', '/things/stats', 'things/stats', false],
  ['GET', '/things/st%61ts', 'things/stats', false],
  ['PATCH', '/things/stats', 'things/:id', true],
  ['POST', '/a/b', 'a/b', false],
  ['POST', '/z/b', ':x/b', true],
])('%s %s is answered by %s', (method, path, pattern, atomic) => {
  const route = routes.find(method, path);
  expect(route?.segments.join('/')).toBe(pattern);
  expect(route?.atomic).toBe(atomic);
});

it.each([
  ['GET', '/things'],
  ['GET', '/things/7/'],
  ['GET', '/things/7/more'],
  ['PUT', '/things/7'],
  ['GET', '/things/%zz'],
  ['GET', '//things/7'],
])('%s %s is answered by none', (method, path) => expect(routes.find(method, path)).toBeUndefined());

it('knows a stream by what its route says', () => {
  expect(routes.find('GET', '/things/7/events')?.streams).toBe(true);
  expect(routes.find('GET', '/things/7')?.streams).toBe(false);
});
