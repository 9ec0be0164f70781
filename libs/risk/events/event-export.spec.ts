import { Controller, Get, Res } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { parse } from 'csv-parse/sync';
import type { FastifyReply } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { Event } from '#contracts';
import { exportStream } from './event-export.js';

const event = (id: string, changes: Partial<Event> = {}): Event => ({
  event_id: id,
  timestamp: '2020-01-01T00:00:00.000Z',
  lat: 1.5,
  lon: -2.5,
  cell: '872b9bc71ffffff',
  event_type: 'fire',
  amount: null,
  entity_id: null,
  attrs: {},
  ...changes,
});

async function sent(format: 'ndjson' | 'csv' | 'geojson', ...pages: (Event[] | Error)[]) {
  async function* source(): AsyncGenerator<Event[]> {
    for (const page of pages) {
      await Promise.resolve();
      if (page instanceof Error) throw page;
      yield page;
    }
  }

  @Controller()
  class ExportController {
    @Get()
    async send(@Res() reply: FastifyReply): Promise<void> {
      await exportStream(reply, format, source());
    }
  }

  const module = await Test.createTestingModule({ controllers: [ExportController] }).compile();
  const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  await app.init();
  try {
    return await app.inject('/');
  } finally {
    await app.close();
  }
}

describe('an export', () => {
  const pages = [[event('a'), event('b', { amount: 0, attrs: { x: 'y' } })], [event('c', { entity_id: 'e' })]];

  it('as NDJSON is one event a line', async () => {
    const answer = await sent('ndjson', ...pages);
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    expect(
      answer.body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(pages.flat());
  });

  it('as GeoJSON is one collection over all pages, and one of nothing', async () => {
    const collection = (await sent('geojson', ...pages)).json<{ features: { id: string; geometry: unknown }[] }>();
    expect(collection.features.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(collection.features[0]?.geometry).toEqual({ type: 'Point', coordinates: [-2.5, 1.5] });
    expect((await sent('geojson')).json()).toEqual({ type: 'FeatureCollection', features: [] });
  });

  it('as CSV quotes what needs it and runs in no spreadsheet', async () => {
    const answer = await sent('csv', [
      event('a,"b"\n', { event_type: '=cmd()', amount: -1.5 }),
      event('-x', { entity_id: '@sum', attrs: { cause: 'a,b' } }),
      event('-5'),
    ]);
    const rows = parse<Record<string, string>>(answer.body, { columns: true });
    expect(rows[0]).toMatchObject({ event_id: 'a,"b"\n', event_type: "'=cmd()", amount: '-1.5', entity_id: '' });
    expect(rows[1]).toMatchObject({ event_id: "'-x", entity_id: "'@sum", attrs: '{"cause":"a,b"}' });
    expect(rows[2]?.event_id).toBe('-5');
  });

  it('that cannot begin is an error and no half answer', async () => {
    expect((await sent('ndjson', new Error('store down'))).statusCode).toBe(500);
  });
});
