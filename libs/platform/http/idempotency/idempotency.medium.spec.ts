import { randomBytes, randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { Body, type CanActivate, Controller, type ExecutionContext, Post, Res } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createDatabase } from '#testing';
import { Answers } from '../answers.js';
import { AppError } from '../app-error.js';
import { DeadlineInterceptor } from '../deadline.interceptor.js';
import { ProblemFilter } from '../problem.filter.js';
import { requestContext } from '../request-context.js';
import { requestScope } from '../request-scope.js';
import { RouteTable } from '../route-table.js';
import { migratePostgres } from '../../postgres/postgres.js';
import { postgresOptions } from '../../postgres/postgres.config.js';
import { Postgres } from '../../postgres/postgres.service.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { IdempotencyStore } from './idempotency.store.js';
import { Idempotent } from './idempotent.js';

const POOL = { DATABASE_POOL: 8 };
const DEADLINE_MS = 700;

/** What a handler meets on its way: by its turn, counted from 0. */
let incident: (turn: number) => Promise<void>;
let turns: number;

@Controller()
class ThingsController {
  constructor(private readonly postgres: Postgres) {}

  @Post('things')
  @Idempotent()
  make(@Body() body: { name: string }, @Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    return this.postgres.transaction(() => this.added(body.name, reply));
  }

  @Post('effects')
  @Idempotent('effect')
  take(@Body() body: { name: string }, @Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    return this.added(body.name, reply);
  }

  @Post('hurried')
  @Idempotent()
  @Answers(z.object({}), { summary: 'Things', deadlineMs: DEADLINE_MS })
  hurried(@Body() body: { name: string }, @Res({ passthrough: true }) reply: FastifyReply): Promise<object> {
    return this.added(body.name, reply);
  }

  private async added(name: string, reply: FastifyReply): Promise<object> {
    const turn = turns++;
    await this.postgres.manager.query('INSERT INTO things (name) VALUES ($1)', [name]);
    await incident(turn);
    await this.postgres.manager.query('SELECT 1');
    void reply.header('Location', `/things/${turn}`).header('X-Turn', String(turn));
    return { turn, name, at: new Date(), secret: `strisk_${randomBytes(16).toString('hex')}`, ä: [null, 1.5, '"\n'] };
  }
}

/** A token is its id in these tests, and names its namespace as an administrator's does. */
class TokenGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const { headers } = execution.switchToHttp().getRequest<FastifyRequest>();
    const context = requestContext();
    if (context) {
      context.tokenId = headers.authorization?.split(' ')[1];
      context.namespaceId = String(headers['x-namespace'] ?? 'default');
    }
    return true;
  }
}

let url: string;
let app: NestFastifyApplication;
let source: DataSource;
/** Beside the pool, to see what is kept and to end what is under way. */
let observer: Client;

beforeAll(async () => {
  const database = await createDatabase();
  ({ url } = database);
  await migratePostgres(url, POOL, [], () => Promise.resolve());
  source = await new DataSource(postgresOptions(url, POOL)).initialize();
  observer = new Client({ connectionString: url });
  await observer.connect();
  await observer.query('CREATE TABLE things (id serial PRIMARY KEY, name text NOT NULL)');
  const module = await Test.createTestingModule({
    controllers: [ThingsController],
    providers: [
      { provide: Postgres, useValue: new Postgres(source) },
      IdempotencyStore,
      { provide: APP_GUARD, useClass: TokenGuard },
      { provide: APP_INTERCEPTOR, useClass: DeadlineInterceptor },
      { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    ],
  }).compile();
  const adapter = new FastifyAdapter();
  requestScope(adapter.getInstance());
  app = module.createNestApplication<NestFastifyApplication>(adapter, { logger: false });
  app.useGlobalFilters(new ProblemFilter(new RouteTable()));
  await app.init();
  return async () => {
    await source.destroy();
    await observer.end();
    await database.drop();
  };
});
afterAll(() => app.close());
beforeEach(async () => {
  await observer.query('TRUNCATE things, idempotency_keys');
  incident = () => Promise.resolve();
  turns = 0;
});

const token = randomUUID();
let key: string;
beforeEach(() => {
  key = randomUUID();
});

interface Sent {
  path?: string;
  name?: string;
  token?: string;
  /** What the caller shows beside the token's id; another one after a rotation. */
  secret?: string;
  namespace?: string;
  key?: string | undefined;
}

function send(sent: Sent = {}) {
  const { path = '/things', name = 'one', namespace = 'default', secret = 's1' } = sent;
  const sentKey = 'key' in sent ? sent.key : key;
  return app.inject({
    method: 'POST',
    url: path,
    payload: { name },
    headers: {
      authorization: `Bearer ${sent.token ?? token} ${secret}`,
      'x-namespace': namespace,
      ...(sentKey === undefined ? {} : { 'idempotency-key': sentKey }),
    },
  });
}

async function rows<T>(sql: string): Promise<T[]> {
  return (await observer.query(sql)).rows as T[];
}
const things = async () =>
  (await rows<{ name: string }>('SELECT name FROM things ORDER BY id')).map(({ name }) => name);
const keys = async () => (await rows<{ key: string }>('SELECT key FROM idempotency_keys')).map((row) => row.key);

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setImmediate();
}

const waitingForLocks = async () =>
  (
    await rows<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
  )[0]?.n ?? 0;

/** Holds the handler of the first turn until it is opened. */
function held(after: () => Promise<void> = () => Promise.resolve()): { open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  incident = (turn) => (turn === 0 ? promise.then(after) : Promise.resolve());
  return { open: resolve };
}

const unavailable = () => Promise.reject(new AppError('UNAVAILABLE', 'Not now'));

describe.each(['/things', '/effects'])('a request with a key (%s)', (path) => {
  it('is done once, and answered byte for byte the same', async () => {
    const first = await send({ path });
    expect(first.statusCode).toBe(201);
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    for (let i = 0; i < 3; i++) {
      const again = await send({ path });
      expect([again.statusCode, again.headers['idempotent-replayed']]).toEqual([201, 'true']);
      expect(again.headers['location']).toBe('/things/0');
      expect(again.rawPayload.equals(first.rawPayload)).toBe(true);
    }
    expect([turns, await things()]).toEqual([1, ['one']]);
  });

  it('is refused with another body, and the first answer stays', async () => {
    const first = await send({ path });
    const other = await send({ path, name: 'other' });
    expect([other.statusCode, other.json<{ code: string }>().code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect(other.body).not.toContain(first.json<{ secret: string }>().secret);
    expect((await send({ path })).body).toBe(first.body);
    expect(await things()).toEqual(['one']);
  });

  it('is refused for another namespace, and never gets its answer', async () => {
    const first = await send({ path, namespace: 'north' });
    const other = await send({ path, namespace: 'south' });
    expect(other.statusCode).toBe(422);
    expect(other.body).not.toContain(first.json<{ secret: string }>().secret);
    expect(await things()).toEqual(['one']);
  });

  it('collides with nobody else’s key', async () => {
    const first = await send({ path });
    const others = await send({ path, token: randomUUID() });
    expect([others.statusCode, others.headers['idempotent-replayed']]).toEqual([201, undefined]);
    expect(others.body).not.toBe(first.body);
    expect(await things()).toEqual(['one', 'one']);
  });

  it('keeps nothing of a failure, and may be tried again', async () => {
    incident = (turn) => (turn === 0 ? unavailable() : Promise.resolve());
    expect((await send({ path })).statusCode).toBe(503);
    expect(await keys()).toEqual([]);
    const again = await send({ path });
    expect([again.statusCode, again.headers['idempotent-replayed']]).toEqual([201, undefined]);
    expect((await send({ path })).body).toBe(again.body);
  });

  it('is forgotten after a day', async () => {
    await send({ path });
    await observer.query(`UPDATE idempotency_keys SET created_at = now() - interval '23 hours'`);
    expect((await send({ path })).headers['idempotent-replayed']).toBe('true');
    await observer.query(`UPDATE idempotency_keys SET created_at = now() - interval '25 hours'`);
    const anew = await send({ path, name: 'two' });
    expect([anew.statusCode, anew.headers['idempotent-replayed']]).toEqual([201, undefined]);
    expect((await send({ path, name: 'two' })).body).toBe(anew.body);
    expect(await things()).toEqual(['one', 'two']);
  });

  it('leaves nothing in the database that can be read without the token', async () => {
    const { secret } = (await send({ path, name: 'confidential' })).json<{ secret: string }>();
    const [kept] = await rows<{ answer: Buffer; fingerprint: Buffer; status: number }>(
      'SELECT * FROM idempotency_keys',
    );
    expect(kept?.status).toBe(201);
    const bytes = Buffer.concat([kept?.answer ?? Buffer.alloc(0), kept?.fingerprint ?? Buffer.alloc(0)]);
    expect(bytes.length).toBeGreaterThan(100);
    for (const word of [secret, secret.slice('strisk_'.length), 'confidential', 'strisk_', 'turn', '/things/0'])
      expect([word, bytes.includes(word)]).toEqual([word, false]);
    // After a rotation the platform itself could not read it to anybody.
    const rotated = await send({ path, name: 'confidential', secret: 's2' });
    expect([rotated.statusCode, rotated.body.includes(secret)]).toEqual([422, false]);
  });

  it('needs a key of a sensible length', async () => {
    expect((await send({ path, key: ' ' })).statusCode).toBe(400);
    expect((await send({ path, key: 'k'.repeat(201) })).statusCode).toBe(400);
    expect(turns).toBe(0);
  });
});

describe('a request without a key', () => {
  it('is done every time', async () => {
    await send({ key: undefined });
    await send({ key: undefined });
    expect([await things(), await keys()]).toEqual([['one', 'one'], []]);
  });
});

describe('in a transaction', () => {
  it('twenty at once are one, and all get its answer', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send()));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 20 }, () => 201));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(19);
    expect([turns, await things()]).toEqual([1, ['one']]);
  });

  it('a second one takes over where the first fails', async () => {
    const { open } = held(unavailable);
    const first = send();
    await until(() => turns === 1);
    const second = send();
    await until(async () => (await waitingForLocks()) === 1);
    open();
    expect((await first).statusCode).toBe(503);
    const { statusCode, headers } = await second;
    expect([statusCode, headers['idempotent-replayed']]).toEqual([201, undefined]);
    expect(await things()).toEqual(['one']);
  });

  it('nothing is left of one whose connection dies in the middle', async () => {
    const { open } = held();
    const first = send();
    await until(() => turns === 1);
    // Its INSERT is answered before the server calls it idle.
    await until(async () => {
      const ended = await rows(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND state = 'idle in transaction'`,
      );
      return ended.length === 1;
    });
    open();
    expect((await first).statusCode).toBe(503);
    expect([await things(), await keys()]).toEqual([[], []]);
    expect((await send()).statusCode).toBe(201);
    expect(await things()).toEqual(['one']);
  });

  it('nothing is left of one that ran into its deadline', async () => {
    const { open } = held();
    const late = await send({ path: '/hurried' });
    expect([late.statusCode, late.json<{ code: string }>().code]).toEqual([504, 'DEADLINE_EXCEEDED']);
    open();
    // It waits for the first one's lock, and so for its end.
    const again = await send({ path: '/hurried' });
    expect([again.statusCode, again.headers['idempotent-replayed']]).toEqual([201, undefined]);
    expect(await things()).toEqual(['one']);
  });
});

describe('around an effect', () => {
  it('a second one is told to wait while the first is under way, and gets its answer afterwards', async () => {
    const { open } = held();
    const first = send({ path: '/effects' });
    await until(() => turns === 1);
    const second = await send({ path: '/effects' });
    expect([second.statusCode, second.json<{ code: string }>().code]).toEqual([409, 'IDEMPOTENCY_IN_PROGRESS']);
    expect(second.headers['retry-after']).toBe('1');
    open();
    const third = await first.then(() => send({ path: '/effects' }));
    expect(third.headers['idempotent-replayed']).toBe('true');
    expect(third.body).toBe((await first).body);
    expect(turns).toBe(1);
  });

  it('another body is refused at once while the first is under way', async () => {
    const { open } = held();
    const first = send({ path: '/effects' });
    await until(() => turns === 1);
    expect((await send({ path: '/effects', name: 'other' })).statusCode).toBe(422);
    open();
    expect((await first).statusCode).toBe(201);
    expect((await send({ path: '/effects' })).headers['idempotent-replayed']).toBe('true');
  });

  it('a claim that nobody answered for two minutes is taken over', async () => {
    await observer.query(
      `INSERT INTO idempotency_keys (token_id, key, fingerprint, created_at) VALUES ($1, $2, '', now() - interval '3 minutes')`,
      [token, key],
    );
    expect((await send({ path: '/effects' })).statusCode).toBe(201);
    expect(await things()).toEqual(['one']);
  });
});

describe('old keys', () => {
  it('are swept away', async () => {
    await send();
    await send({ key: 'old' });
    await observer.query(`UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = 'old'`);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const store = new IdempotencyStore(app.get(Postgres));
    try {
      store.onApplicationBootstrap();
      vi.advanceTimersByTime(10 * 60_000);
      await until(async () => (await keys()).length === 1);
      expect(await keys()).toEqual([key]);
    } finally {
      store.onApplicationShutdown();
      vi.useRealTimers();
    }
  });
});
