import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Answers } from '../answers.js';
import { ProblemFilter } from '../problem.filter.js';
import { requestContext } from '../request-context.js';
import { requestScope } from '../request-scope.js';
import { RouteTable } from '../route-table.js';
import { streamRows } from './answer-rows.js';
import { ChosenFormat } from './chosen-format.js';
import type { Table } from './columns.js';
import { Formatted } from './formatted.js';
import { FormattedInterceptor } from './formatted.interceptor.js';
import type { Format } from './media-types.js';

const table: Table<{ id: number; text: string }> = {
  name: 'rows',
  columns: [
    { name: 'id', type: 'integer' },
    { name: 'text', type: 'text' },
  ],
};
const TEXT = 'x'.repeat(1_000);
let log: string[] = [];

/** A page at a time, as often as it is asked for; each says what the request's context is for it. */
async function* endless(): AsyncGenerator<{ id: number; text: string }[]> {
  const context = requestContext();
  context?.signal.addEventListener('abort', () => log.push('aborted'));
  try {
    for (let id = 0; ; id++) {
      await new Promise(setImmediate);
      log.push(requestContext() === context && context !== undefined ? 'page' : 'page of nobody');
      yield Array.from({ length: 100 }, () => ({ id, text: TEXT }));
    }
  } finally {
    log.push('ended');
  }
}

@Controller()
class RowsController {
  @Get('rows')
  @Answers(z.object({}), { summary: 'Rows', formats: ['csv', 'ndjson'] })
  async rows(@ChosenFormat() format: Format): Promise<object> {
    return format === 'json' ? { some: 'json' } : streamRows(format, table, endless());
  }

  @Get('few')
  @Answers(z.object({}), { summary: 'Rows', formats: ['csv'] })
  few(): Formatted {
    return new Formatted('text/csv; charset=utf-8', 'a,b\r\n', 'few.csv');
  }
}

let app: NestFastifyApplication;
let port: number;
beforeAll(async () => {
  const module = await Test.createTestingModule({
    controllers: [RowsController],
    providers: [{ provide: APP_INTERCEPTOR, useClass: FormattedInterceptor }],
  }).compile();
  const adapter = new FastifyAdapter();
  requestScope(adapter.getInstance());
  app = module.createNestApplication<NestFastifyApplication>(adapter, { logger: false });
  app.useGlobalFilters(new ProblemFilter(new RouteTable()));
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
});
afterAll(() => app.close());
beforeEach(() => {
  log = [];
});

async function open(path: string): Promise<IncomingMessage> {
  const [answer] = (await once(get({ port, path, host: '127.0.0.1' }), 'response')) as [IncomingMessage];
  return answer;
}

describe('an answer in another format', () => {
  it('has its media type, its name and says what it depends on', async () => {
    const answer = await app.inject('/few');
    expect(answer.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="few.csv"',
      vary: 'Accept',
    });
    expect(answer.body).toBe('a,b\r\n');
  });

  it('is chosen by the address or by Accept', async () => {
    const json = await app.inject('/rows');
    expect([json.json(), json.headers['vary']]).toEqual([{ some: 'json' }, 'Accept']);
    const refused = await app.inject({ url: '/rows', headers: { accept: 'image/png' } });
    expect(refused.statusCode).toBe(406);
    expect(refused.json()).toMatchObject({ code: 'NOT_ACCEPTABLE', formats: ['json', 'csv', 'ndjson'] });
    const unknown = await app.inject('/rows?format=parquet');
    expect(unknown.statusCode).toBe(400);
    expect(unknown.json()).toMatchObject({ errors: [{ path: 'format' }] });
    expect((await app.inject('/rows?format=csv&format=csv')).statusCode).toBe(400);
  });

  it('is not made for a HEAD', async () => {
    const answer = await app.inject({ method: 'HEAD', url: '/rows?format=csv' });
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    await expect.poll(() => log).toEqual(['page', 'ended']);
  });

  it('goes on in the context of its request, at the pace of its reader, and ends with it', async () => {
    const answer = await open('/rows?format=ndjson');
    answer.pause();
    // Until the socket's buffers are full; then nothing more is made.
    let before = -1;
    await expect
      .poll(
        () => {
          const still = log.length === before && before > 0;
          before = log.length;
          return still;
        },
        { interval: 200, timeout: 8_000 },
      )
      .toBe(true);
    expect(new Set(log)).toEqual(new Set(['page']));
    // It flows on where the reader goes on.
    let seen = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      seen += chunk.length;
      if (seen > 20_000_000) break;
    }
    expect(log.length).toBeGreaterThan(before);
    await expect.poll(() => log.at(-1)).toBe('ended');
    expect(log).toContain('aborted');
    const after = log.length;
    await new Promise(setImmediate);
    expect(log).toHaveLength(after);
  });
});
