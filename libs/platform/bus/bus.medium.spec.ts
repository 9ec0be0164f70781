import { once, EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { createDatabase, startRedis, type TestDatabase, type TestRedis } from '#testing';
import { CacheRedis } from '../redis/cache-redis.js';
import { Bus } from './bus.js';
import { PostgresTransport } from './postgres-transport.js';
import { RedisTransport } from './redis-transport.js';

Logger.overrideLogger(false);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function observe(bus: Bus) {
  const events = new EventEmitter();
  const reconnects: number[] = [];
  const messages: string[] = [];
  bus.onReconnect(() => {
    reconnects.push(Date.now());
    events.emit('reconnect');
  });
  bus.subscribe('c', (message) => {
    messages.push(message);
    events.emit('message');
  });
  const until = async (event: string, met: () => boolean) => {
    while (!met()) await once(events, event, { signal: AbortSignal.timeout(15_000) });
  };
  return {
    messages,
    reconnected: (times: number) => until('reconnect', () => reconnects.length >= times),
    heard: (message: string) => until('message', () => messages.includes(message)),
    get reconnects() {
      return reconnects.length;
    },
  };
}

async function open(make: () => Bus) {
  const bus = make();
  closers.push(() => bus.onApplicationShutdown());
  const seen = observe(bus);
  await seen.reconnected(1);
  return { bus, seen };
}

function redisBus(server: TestRedis): Bus {
  const redis = new CacheRedis(server.url);
  closers.push(() => redis.onApplicationShutdown());
  return new Bus(new RedisTransport(redis, redis.client!));
}

async function sharedRedis(): Promise<TestRedis> {
  const server = await startRedis();
  closers.push(() => server.stop());
  return server;
}

async function sharedDatabase(): Promise<TestDatabase> {
  const database = await createDatabase();
  closers.push(() => database.drop());
  return database;
}

async function behavesAsABus(make: () => Bus) {
  const [one, two] = [await open(make), await open(make)];
  // Here at once, before anything has been sent.
  const sending = one.bus.publish('c', 'first');
  expect(one.seen.messages).toEqual(['first']);
  await sending;
  await two.seen.heard('first');
  await two.bus.publish('c', 'sécond');
  await one.seen.heard('sécond');
  await one.bus.publish('other', 'not for c');
  await one.bus.publish('c', 'last');
  await two.seen.heard('last');
  expect(one.seen.messages).toEqual(['first', 'sécond', 'last']);
  expect(two.seen.messages).toEqual(['first', 'sécond', 'last']);
  await expect(one.bus.publish('c', 'x'.repeat(8_000))).rejects.toThrow(RangeError);
  await one.bus.publish('c', 'x'.repeat(6_990));
  await two.seen.heard('x'.repeat(6_990));
  return { one, two };
}

describe('over Redis', () => {
  it('reaches every process once', async () => {
    const server = await sharedRedis();
    const { one, two } = await behavesAsABus(() => redisBus(server));
    expect([one.bus.kind, one.bus.connected]).toEqual(['redis', true]);
    const raw = new Redis(server.url);
    closers.push(() => raw.disconnect());
    // What others put there harms nobody.
    await raw.publish('strisk:bus', 'garbage');
    await raw.publish('strisk:bus', '{"a":1}');
    await one.bus.publish('c', 'after');
    await two.seen.heard('after');
  });

  it('a handler that throws keeps nothing from the others', async () => {
    const server = await sharedRedis();
    const { bus, seen } = await open(() => redisBus(server));
    bus.subscribe('d', () => {
      throw new Error('mine');
    });
    bus.subscribe('d', () => void bus.publish('c', 'reached'));
    await bus.publish('d', 'x');
    await seen.heard('reached');
    expect(seen.messages).toEqual(['reached']);
  });

  it('comes back after a restart and says so', async () => {
    const server = await sharedRedis();
    const [one, two] = [await open(() => redisBus(server)), await open(() => redisBus(server))];
    await server.kill();
    await one.bus.publish('c', 'lost for others');
    expect(one.seen.messages).toEqual(['lost for others']);
    await server.start();
    await Promise.all([one.seen.reconnected(2), two.seen.reconnected(2)]);
    await one.bus.publish('c', 'heard');
    await two.seen.heard('heard');
    expect(two.seen.messages).toEqual(['heard']);
  });

  it('tells the others when only its own way was cut', async () => {
    const server = await sharedRedis();
    const [one, two] = [await open(() => redisBus(server)), await open(() => redisBus(server))];
    const killer = new Redis(server.url);
    closers.push(() => killer.disconnect());
    // The publishing connections die, the subscribed ones live on: nobody but the publisher knows of the loss.
    await killer.client('PAUSE', 1_500, 'WRITE');
    const before = two.seen.reconnects;
    await one.bus.publish('c', 'stuck');
    await two.seen.reconnected(before + 1);
    expect(two.bus.connected).toBe(true);
  });

  it('notices a server that says nothing any more', async () => {
    const server = await sharedRedis();
    const { bus, seen } = await open(() => redisBus(server));
    server.freeze();
    try {
      const deadline = Date.now() + 15_000;
      while (bus.connected && Date.now() < deadline) await new Promise((done) => setTimeout(done, 50));
      expect(bus.connected).toBe(false);
    } finally {
      server.thaw();
    }
    await seen.reconnected(2);
    expect(bus.connected).toBe(true);
  }, 40_000);
});

describe('over PostgreSQL', () => {
  it('reaches every process once', async () => {
    const database = await sharedDatabase();
    const { one } = await behavesAsABus(() => new Bus(new PostgresTransport(database.url)));
    expect([one.bus.kind, one.bus.connected]).toEqual(['postgres', true]);
  });

  it('comes back after its backend was ended and says so', async () => {
    const database = await sharedDatabase();
    const make = () => new Bus(new PostgresTransport(database.url));
    const [one, two] = [await open(make), await open(make)];
    const admin = new Client({ connectionString: database.url });
    await admin.connect();
    closers.push(() => admin.end());
    const { rowCount } = await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'strisk-bus' AND datname = current_database()`,
    );
    expect(rowCount).toBe(2);
    await Promise.all([one.seen.reconnected(2), two.seen.reconnected(2)]);
    await one.bus.publish('c', 'heard');
    await two.seen.heard('heard');
  });

  it('notices a backend that says nothing any more, and takes another', async () => {
    const database = await sharedDatabase();
    const { bus, seen } = await open(() => new Bus(new PostgresTransport(database.url)));
    const admin = new Client({ connectionString: database.url });
    await admin.connect();
    closers.push(() => admin.end());
    const { rows } = await admin.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'strisk-bus' AND datname = current_database()`,
    );
    const pid = rows[0]!.pid;
    process.kill(pid, 'SIGSTOP');
    try {
      await seen.reconnected(2);
      const { bus: other } = await open(() => new Bus(new PostgresTransport(database.url)));
      await other.publish('c', 'heard');
      await seen.heard('heard');
      expect(bus.connected).toBe(true);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }, 40_000);

  it('tries on while there is no server', async () => {
    const bus = new Bus(new PostgresTransport('postgres://nobody@127.0.0.1:1/none'));
    closers.push(() => bus.onApplicationShutdown());
    const seen = observe(bus);
    await bus.publish('c', 'here');
    expect([seen.messages, bus.connected, seen.reconnects]).toEqual([['here'], false, 0]);
  });
});
