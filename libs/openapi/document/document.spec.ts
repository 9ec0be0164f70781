import { Body, Controller, Get, Headers, HttpCode, Module, Param, Post, Query } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Public, RequireScope } from '#access';
import { pageQuery, paged, point } from '#contracts';
import { Answers, Documented } from '#platform';
import { documentOf } from './document.js';
import { controllersOf } from './routes.js';

const thing = z.object({ id: z.string(), at: point, note: z.string().nullable() }).meta({ id: 'Thing' });
const thingInput = z.strictObject({ note: z.string().default(''), at: point }).meta({ id: 'ThingInput' });
const query = z.strictObject({
  ...pageQuery,
  kind: z.enum(['a', 'b']).optional().meta({ description: 'Of this kind.' }),
});

@Controller('things')
@RequireScope('risk:read')
class ThingsController {
  @Get()
  @Answers(paged(thing), { summary: 'Things', formats: ['csv'] })
  list(@Query({ schema: query }) _query: unknown): void {
    return undefined;
  }

  @Post()
  @HttpCode(202)
  @RequireScope('risk:write', { namespace: false })
  @Answers(thing, { summary: 'Make a thing', errors: ['RISK_CLOSED'] })
  @Documented({ headers: ['Location'] })
  create(@Body({ schema: thingInput }) _body: unknown, @Headers('if-match') _tag: string): void {
    return undefined;
  }

  @Get(':thing_id/:part(\\d+).bin')
  @Public()
  @Answers(undefined, { summary: 'Part of a thing', mediaType: 'application/octet-stream', deadlineMs: null })
  part(@Param({ schema: z.object({ thing_id: z.uuid(), part: z.coerce.number() }) }) _params: unknown): void {
    return undefined;
  }

  @Get('hidden')
  @Public()
  @Answers(undefined, { summary: 'Nobody reads of it' })
  @Documented({ hidden: true })
  hidden(): void {
    return undefined;
  }
}

@Controller('health')
class SilentController {
  @Get()
  @Public()
  quiet(): void {
    return undefined;
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}
@Module({ imports: [ThingsModule, { module: class Dynamic {}, controllers: [SilentController] }] })
class AppModule {}

describe('controllersOf', () => {
  it('walks modules, dynamic ones and what they import', () => {
    expect(controllersOf([AppModule, ThingsModule])).toEqual([ThingsController, SilentController]);
  });
});

describe('documentOf', () => {
  const document = documentOf([ThingsController]);

  it('has every route under its address, but for the hidden', () => {
    const verbs = Object.entries(document.paths).map(([path, operations]) => [path, Object.keys(operations)]);
    expect(verbs).toEqual([
      ['/api/v1/things', ['get', 'post']],
      ['/api/v1/things/{thing_id}/{part}.bin', ['get']],
    ]);
  });

  it('describes a list: its query one by one, its pages, its formats, its problems', () => {
    const list = document.paths['/api/v1/things']?.['get'];
    expect(list).toMatchObject({
      operationId: 'things.list',
      security: [{ bearer: ['risk:read'] }],
      'x-deadline-ms': 5000,
    });
    const names = list?.parameters?.map((one) => ('$ref' in one ? one.$ref.split('/').at(-1) : one.name));
    expect(names).toEqual(['limit', 'cursor', 'kind', 'format', 'fields', 'Namespace', 'IfNoneMatch', 'RequestId']);
    expect(list?.parameters?.[2]).toEqual({
      name: 'kind',
      in: 'query',
      description: 'Of this kind.',
      schema: { type: 'string', enum: ['a', 'b'] },
    });
    expect(Object.keys(list?.responses ?? {})).toEqual([
      '200',
      '304',
      '400',
      '401',
      '403',
      '404',
      '406',
      '414',
      '429',
      '431',
      '500',
      '503',
      '504',
    ]);
    expect(Object.keys(list?.responses['200']?.content ?? {})).toEqual(['application/json', 'text/csv']);
    expect(list?.responses['200']?.headers).toHaveProperty('Link');
    expect(Object.keys(list?.responses['400']?.content?.['application/problem+json']?.examples ?? {})).toEqual([
      'REQUEST_INVALID',
      'CURSOR_INVALID',
    ]);
  });

  it('describes a change: its body with defaults left free, its headers, its own errors', () => {
    const create = document.paths['/api/v1/things']?.['post'];
    expect(create?.requestBody?.content['application/json']?.schema).toEqual({
      $ref: '#/components/schemas/ThingInput',
    });
    expect(document.components.schemas['ThingInput']).toMatchObject({ required: ['at'], additionalProperties: false });
    expect(document.components.schemas['Thing']).not.toHaveProperty('additionalProperties');
    expect(create?.responses['202']?.headers).toHaveProperty('Location');
    expect(create?.responses).toHaveProperty('409');
    expect(create?.responses).toHaveProperty('412');
    expect(create?.security).toEqual([{ bearer: ['risk:write'] }]);
    expect(create?.parameters).not.toContainEqual({ $ref: '#/components/parameters/Namespace' });
  });

  it('describes what is open, streamed and no JSON', () => {
    const part = document.paths['/api/v1/things/{thing_id}/{part}.bin']?.['get'];
    expect(part).toMatchObject({ security: [], 'x-deadline-ms': null });
    expect(part?.parameters?.slice(0, 2)).toEqual([
      { name: 'thing_id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
      { name: 'part', in: 'path', required: true, schema: { type: 'number' } },
    ]);
    expect(Object.keys(part?.responses ?? {})).toEqual(['200', '400', '404', '414', '431', '500', '503']);
    expect(part?.responses['200']?.content).toEqual({
      'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
    });
  });

  it('fails for a route that says nothing of its answers', () => {
    expect(() => documentOf([SilentController])).toThrow('SilentController.quiet');
  });

  it('fails for two schemas of one name', () => {
    @Controller('others')
    class OthersController {
      @Get()
      @Public()
      @Answers(z.object({ other: z.number() }).meta({ id: 'Thing' }), { summary: 'Others' })
      list(): void {
        return undefined;
      }
    }
    expect(() => documentOf([ThingsController, OthersController])).toThrow('Two schemas have the id Thing');
  });
});
