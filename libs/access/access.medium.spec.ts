import { type ExecutionContext, Get } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LEVELS, type Scope } from '#contracts';
import { Cursors, Postgres } from '#platform';
import { openTestCache, openTestStores, type TestCache, type TestStores } from '#testing';
import { Audit } from './audit/audit.js';
import { AuditEntryEntity } from './audit/audit-entry.entity.js';
import { AccessGuard } from './guard/access.guard.js';
import type { AccessContext, GuardedRequest, Principal } from './guard/access-context.js';
import { Gate } from './guard/gate.js';
import { Public, RequireScope } from './guard/require-scope.js';
import { accessMigrations } from './migrations/index.js';
import { NamespaceEntity } from './namespaces/namespace.entity.js';
import { NamespacesService } from './namespaces/namespaces.service.js';
import { secretFile } from './tokens/first-administrator.js';
import { newSecret } from './tokens/secret.js';
import { TokenEntity } from './tokens/token.entity.js';
import { TokensService } from './tokens/tokens.service.js';

const DAY = 86_400_000;
const root: Principal & { requestId: string } = {
  tokenId: '00000000-0000-4000-8000-000000000000',
  name: 'root',
  scopes: ['admin'],
  namespaceId: null,
  requestId: 'r1',
};

let stores: TestStores;
let caching: TestCache;
let tokens: TokensService;
let namespaces: NamespacesService;

function services() {
  const postgres = new Postgres(stores.postgres);
  const cursors = new Cursors(randomBytes(32));
  const audit = new Audit(postgres);
  return {
    postgres,
    tokens: new TokensService(postgres, cursors, audit, caching.cache),
    namespaces: new NamespacesService(postgres, cursors, audit, caching.cache),
  };
}

beforeAll(async () => {
  stores = await openTestStores({
    postgresMigrations: accessMigrations,
    entities: [NamespaceEntity, TokenEntity, AuditEntryEntity],
  });
  caching = await openTestCache(stores.postgresUrl);
});
afterAll(async () => {
  await caching.close();
  await stores.close();
});
beforeEach(async () => {
  await stores.postgres.query(`DELETE FROM tokens`);
  await stores.postgres.query(`DELETE FROM audit_log`);
  await stores.postgres.query(`DELETE FROM namespaces WHERE namespace_id <> 'default'`);
  ({ tokens, namespaces } = services());
  for (const id of ['city', 'county']) await namespaces.create(root, inputOf(id));
});

const inputOf = (namespace_id: string) => ({
  namespace_id,
  h3_resolution: 7,
  time_zone: 'UTC',
  levels: DEFAULT_LEVELS,
  amount_kind: 'amount' as const,
});
const accessTo = async (id: string): Promise<AccessContext> => ({
  principal: root,
  namespace: await namespaces.require(id),
  requestId: 'r2',
});
const make = async (scopes: Scope[] = ['risk:read'], of = 'city', now = Date.now()) =>
  tokens.create(await accessTo(of), { name: 'a token', scopes, expires_in_days: 10 }, now);
const bearer = (secret: string) => `Bearer ${secret}`;
const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
const actions = async () =>
  (await stores.postgres.query<{ action: string }[]>(`SELECT action FROM audit_log ORDER BY audit_id`)).map(
    ({ action }) => action,
  );

describe('tokens', () => {
  it('are shown once and kept as a hash', async () => {
    const created = await make();
    expect(created).toMatchObject({ namespace_id: 'city', scopes: ['risk:read'], revoked_at: null });
    const dump = JSON.stringify(await stores.postgres.query(`SELECT *, encode(hash, 'escape') AS raw FROM tokens`));
    const log = JSON.stringify(await stores.postgres.query(`SELECT * FROM audit_log`));
    expect(dump + log).not.toContain(created.token);
    expect(await tokens.authenticate(bearer(created.token))).toEqual({
      tokenId: created.token_id,
      name: 'a token',
      scopes: ['risk:read'],
      namespaceId: 'city',
    });
  });

  it('of an administrator are of no namespace', async () => {
    expect((await make(['admin', 'jobs'])).namespace_id).toBeNull();
  });

  it.each([
    [undefined, 'TOKEN_MISSING'],
    ['', 'TOKEN_INVALID'],
    ['Basic abc', 'TOKEN_INVALID'],
    [bearer(newSecret()), 'TOKEN_INVALID'],
  ])('%j stands for nobody', async (header, code) => expect(await codeOf(tokens.authenticate(header))).toBe(code));

  it('end at their time, to the millisecond, also when they are remembered', async () => {
    const now = Date.now();
    const { token } = await make(['risk:read'], 'city', now);
    expect(await codeOf(tokens.authenticate(bearer(token), now + 10 * DAY - 1))).toBe('none');
    expect(await codeOf(tokens.authenticate(bearer(token), now + 10 * DAY))).toBe('TOKEN_EXPIRED');
  });

  it('that are rotated get a new secret, and the old one stops at once', async () => {
    const created = await make();
    await tokens.authenticate(bearer(created.token));
    const rotated = await tokens.rotate(await accessTo('city'), created.token_id, 0);
    expect(rotated.token_id).toBe(created.token_id);
    expect(await codeOf(tokens.authenticate(bearer(created.token)))).toBe('TOKEN_INVALID');
    expect((await tokens.authenticate(bearer(rotated.token))).tokenId).toBe(created.token_id);
  });

  it('that are revoked stop at once, for good, and are told apart from unknown ones', async () => {
    const created = await make();
    await tokens.authenticate(bearer(created.token));
    await tokens.revoke(await accessTo('city'), created.token_id);
    expect(await codeOf(tokens.authenticate(bearer(created.token)))).toBe('TOKEN_REVOKED');
    expect(await codeOf(tokens.rotate(await accessTo('city'), created.token_id, 0))).toBe('NOT_FOUND');
    const [before] = (await tokens.list(await accessTo('city'), 10, undefined)).data;
    await tokens.revoke(await accessTo('city'), created.token_id);
    expect((await tokens.list(await accessTo('city'), 10, undefined)).data[0]?.revoked_at).toBe(before?.revoked_at);
  });

  it('that are rotated and revoked at the same time are revoked', async () => {
    const access = await accessTo('city');
    for (let i = 0; i < 10; i++) {
      const { token_id } = await make();
      await Promise.allSettled([tokens.rotate(access, token_id, 0), tokens.revoke(access, token_id)]);
      const [row] = await stores.postgres.query<{ revoked_at: Date | null }[]>(
        `SELECT revoked_at FROM tokens WHERE token_id = $1`,
        [token_id],
      );
      expect(row?.revoked_at).not.toBeNull();
    }
  });

  it('keep their old secret for a while where that is asked for, and never beyond a revocation', async () => {
    const { token, token_id } = await make();
    const access = await accessTo('city');
    const rotated = await tokens.rotate(access, token_id, 60);
    for (const good of [token, rotated.token]) expect((await tokens.authenticate(bearer(good))).tokenId).toBe(token_id);
    expect(await codeOf(tokens.authenticate(bearer(token), Date.now() + 61_000))).toBe('TOKEN_EXPIRED');
    expect(tokens.known(bearer(token), {}, Date.now() + 61_000)).toBeUndefined();
    expect((await tokens.authenticate(bearer(rotated.token), Date.now() + 61_000)).tokenId).toBe(token_id);
    const again = await tokens.rotate(access, token_id, 0);
    expect(await codeOf(tokens.authenticate(bearer(token)))).toBe('TOKEN_INVALID');
    expect(await codeOf(tokens.authenticate(bearer(rotated.token)))).toBe('TOKEN_INVALID');
    await tokens.rotate(access, token_id, 60);
    await tokens.revoke(access, token_id);
    expect(await codeOf(tokens.authenticate(bearer(again.token)))).toBe('TOKEN_REVOKED');
  });

  it('are remembered for a while: PostgreSQL is not asked again', async () => {
    const { token, token_id } = await make();
    await tokens.authenticate(bearer(token));
    expect(tokens.known(bearer(token), {})?.tokenId).toBe(token_id);
    await stores.postgres.query(`DELETE FROM tokens`);
    expect((await tokens.authenticate(bearer(token))).tokenId).toBe(token_id);
    await caching.cache.invalidate('tokens');
    expect(await codeOf(tokens.authenticate(bearer(token)))).toBe('TOKEN_INVALID');
  });

  it('are told apart on one connection, which is not let in any longer than its token is good', async () => {
    const [one, two] = [await make(), await make()];
    const connection = {};
    for (const { token } of [one, two]) await tokens.authenticate(bearer(token));
    for (const { token, token_id } of [one, one, two, one])
      expect(tokens.known(bearer(token), connection)?.tokenId).toBe(token_id);
    for (const other of [
      undefined,
      'Bearer',
      `Basic ${one.token}`,
      bearer(one.token).slice(0, -1),
      bearer(newSecret()),
    ])
      expect(tokens.known(other, connection)).toBeUndefined();
    await tokens.authenticate(bearer(one.token));
    expect(tokens.known(bearer(one.token), connection)?.tokenId).toBe(one.token_id);
    await tokens.revoke(await accessTo('city'), one.token_id);
    expect(tokens.known(bearer(one.token), connection)).toBeUndefined();
  });

  it('that do not exist are not remembered, or guesses would fill the memory', async () => {
    const secret = newSecret();
    expect(await codeOf(tokens.authenticate(bearer(secret)))).toBe('TOKEN_INVALID');
    expect(tokens.known(bearer(secret), {})).toBeUndefined();
    // A token that comes to be a moment later is known at once.
    await tokens.ensure(secret, { name: 'late', scopes: ['admin'], namespaceId: null });
    expect((await tokens.authenticate(bearer(secret))).name).toBe('late');
    const { entries } = caching.cache.memoryUse;
    for (let i = 0; i < 50; i++) await codeOf(tokens.authenticate(bearer(newSecret())));
    expect(caching.cache.memoryUse.entries).toBe(entries);
  });

  it('whose look-up was under way when they were revoked are not remembered as good', async () => {
    const { token, token_id } = await make();
    const gate = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    /** Holds back what a look-up has found. */
    class SlowPostgres extends Postgres {
      override outside<T>(work: () => T): T {
        const found = Promise.resolve(super.outside(work)).then(async (value) => {
          began.resolve();
          await gate.promise;
          return value;
        });
        return found as T;
      }
    }
    const { postgres } = services();
    const slow = new SlowPostgres(stores.postgres);
    const service = new TokensService(slow, new Cursors(randomBytes(32)), new Audit(postgres), caching.cache);
    const first = service.authenticate(bearer(token));
    await began.promise;
    await tokens.revoke(await accessTo('city'), token_id);
    gate.resolve();
    await first;
    expect(await codeOf(service.authenticate(bearer(token)))).toBe('TOKEN_REVOKED');
  });

  it('are listed, newest first, over pages, and only those of the namespace', async () => {
    const made: string[] = [];
    for (let i = 0; i < 25; i++) made.push((await make()).token_id);
    await make(['risk:read'], 'county');
    await make(['admin']);
    const access = await accessTo('city');
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await tokens.list(access, 4, cursor);
      seen.push(...page.data.map(({ token_id }) => token_id));
      cursor = page.page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen.toSorted()).toEqual(made.toSorted());
  });

  it('made within one millisecond are none of them lost between pages', async () => {
    const access = await accessTo('city');
    await stores.postgres.query(
      `INSERT INTO tokens (namespace_id, name, hash, scopes, created_at)
       SELECT 'city', 't', sha256(convert_to(i::text, 'UTF8')), '{jobs}', now() + make_interval(secs => i * 0.00003)
       FROM generate_series(1, 60) i`,
    );
    const seen = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await tokens.list(access, 7, cursor);
      for (const { token_id } of page.data) seen.add(token_id);
      cursor = page.page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen.size).toBe(60);
  });

  it('of another namespace cannot be rotated or revoked', async () => {
    const { token_id, token } = await make(['risk:read'], 'county');
    expect(await codeOf(tokens.rotate(await accessTo('city'), token_id, 0))).toBe('NOT_FOUND');
    expect(await codeOf(tokens.revoke(await accessTo('city'), token_id))).toBe('NOT_FOUND');
    expect(await codeOf(tokens.authenticate(bearer(token)))).toBe('none');
  });

  it('are written down in the audit log', async () => {
    const { token_id } = await make();
    await tokens.rotate(await accessTo('city'), token_id, 0);
    await tokens.revoke(await accessTo('city'), token_id);
    expect(await actions()).toEqual([
      'namespace.create',
      'namespace.create',
      'token.create',
      'token.rotate',
      'token.revoke',
    ]);
  });

  it('of the configuration are put in place once, and another secret takes the place of the one before', async () => {
    const admin = { name: 'first administrator', scopes: ['admin'] as Scope[], namespaceId: null };
    const [one, two] = [newSecret(), newSecret()];
    await tokens.ensure(one, admin);
    await tokens.ensure(one, admin);
    expect(await stores.postgres.query(`SELECT 1 FROM tokens`)).toHaveLength(1);
    const people = await make(['admin']);
    await tokens.authenticate(bearer(one));
    await tokens.ensure(two, admin);
    expect(await codeOf(tokens.authenticate(bearer(one)))).toBe('TOKEN_REVOKED');
    expect(await codeOf(tokens.authenticate(bearer(two)))).toBe('none');
    expect(await codeOf(tokens.authenticate(bearer(people.token)))).toBe('none');
  });
});

describe('the file of the first administrator', () => {
  it('is made once, for the owner alone, and read again', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'strisk-secret-'));
    const path = join(directory, 'admin-token');
    try {
      const secret = await secretFile(path);
      expect(await secretFile(path)).toBe(secret);
      expect((await readFile(path, 'utf8')).trim()).toBe(secret);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      await writeFile(path, 'short\n');
      await expect(secretFile(path)).rejects.toThrow('shorter than 32 characters');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('namespaces', () => {
  it('are made once', async () => {
    expect(await codeOf(namespaces.create(root, inputOf('city')))).toBe('NAMESPACE_EXISTS');
    const races = await Promise.all(Array.from({ length: 5 }, () => codeOf(namespaces.create(root, inputOf('race')))));
    expect(races.filter((code) => code === 'none')).toHaveLength(1);
    expect(races.filter((code) => code === 'NAMESPACE_EXISTS')).toHaveLength(4);
  });

  it('are changed under the version that was read', async () => {
    const { version } = await namespaces.read(root, 'city');
    const changed = await namespaces.patch(root, 'city', { name: 'New' }, version);
    expect([changed.name, changed.version]).toEqual(['New', version + 1]);
    expect(await codeOf(namespaces.patch(root, 'city', { name: 'Late' }, version))).toBe('VERSION_CONFLICT');
    expect((await namespaces.read(root, 'city')).name).toBe('New');
    expect((await namespaces.patch(root, 'city', { name: 'Whatever' }, undefined)).version).toBe(version + 2);
  });

  it('that many change at once under one version are changed by one', async () => {
    const { version } = await namespaces.read(root, 'city');
    const codes = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        codeOf(services().namespaces.patch(root, 'city', { name: `n${i}` }, version)),
      ),
    );
    expect(codes.filter((code) => code === 'none')).toHaveLength(1);
  });

  it('keep what a patch does not name, and its version stands for their levels too', async () => {
    const levels = { MODERATE: 0.1, HIGH: 0.2, CRITICAL: 0.9 };
    expect(await namespaces.patch(root, 'city', { levels }, 1)).toMatchObject({ name: 'city', levels, version: 2 });
    expect((await namespaces.require('city')).levels).toEqual(levels);
    expect(await actions()).toContain('namespace.patch');
  });

  it('that are not the caller’s look as if they did not exist', async () => {
    const own: Principal = { ...root, scopes: ['risk:read'], namespaceId: 'city' };
    expect((await namespaces.read(own, 'city')).namespace_id).toBe('city');
    expect(await codeOf(namespaces.read(own, 'county'))).toBe('NAMESPACE_NOT_FOUND');
    expect(await codeOf(namespaces.read(own, 'nowhere'))).toBe('NAMESPACE_NOT_FOUND');
    expect((await namespaces.list(own, 10, undefined)).data.map(({ namespace_id }) => namespace_id)).toEqual(['city']);
  });

  it('are listed for an administrator over pages', async () => {
    const one = await namespaces.list(root, 2, undefined);
    expect(one.data.map(({ namespace_id }) => namespace_id)).toEqual(['city', 'county']);
    const two = await namespaces.list(root, 2, one.page.next_cursor ?? '');
    expect(two.data.map(({ namespace_id }) => namespace_id)).toEqual(['default']);
    expect(two.page.has_more).toBe(false);
  });

  it('that come to be are known at once, though they were asked for in vain', async () => {
    expect(await codeOf(namespaces.require('later'))).toBe('NAMESPACE_NOT_FOUND');
    await services().namespaces.create(root, inputOf('later'));
    expect(await codeOf(namespaces.require('later'))).toBe('none');
  });
});

describe('the guard', () => {
  class Routes {
    @Get()
    @Public()
    open(): void {
      return undefined;
    }
    @Get()
    @RequireScope('risk:read')
    read(): void {
      return undefined;
    }
    @Get()
    @RequireScope('risk:write')
    write(): void {
      return undefined;
    }
    @Get()
    @RequireScope('any', { namespace: false })
    self(): void {
      return undefined;
    }
    @Get()
    unsaid(): void {
      return undefined;
    }
  }

  async function ask(route: keyof Routes, headers: Record<string, string>) {
    const request = { headers, id: 'r' } as unknown as GuardedRequest;
    const context = {
      getHandler: () => Routes.prototype[route],
      getClass: () => Routes,
      switchToHttp: () => ({ getRequest: () => request }),
    } as unknown as ExecutionContext;
    const code = await codeOf(new AccessGuard(new Reflector(), new Gate(tokens, namespaces)).canActivate(context));
    return { code, namespace: request.namespace?.namespaceId, principal: request.principal?.name };
  }
  const as = (secret: string, namespace?: string) => ({
    authorization: bearer(secret),
    ...(namespace === undefined ? {} : { 'x-namespace': namespace }),
  });

  it('lets everyone to what is public, and nobody without a token to the rest', async () => {
    expect(await ask('open', {})).toEqual({ code: 'none', namespace: undefined, principal: undefined });
    expect((await ask('read', {})).code).toBe('TOKEN_MISSING');
    expect((await ask('self', { authorization: 'Bearer nonsense-nonsense' })).code).toBe('TOKEN_INVALID');
  });

  it('asks for the scope, and binds to the namespace of the token', async () => {
    const { token } = await make(['risk:read']);
    expect(await ask('read', as(token))).toEqual({ code: 'none', namespace: 'city', principal: 'a token' });
    expect((await ask('write', as(token))).code).toBe('SCOPE_MISSING');
    expect(await ask('self', as(token))).toMatchObject({ code: 'none', namespace: undefined });
  });

  it('shows a token of one namespace nothing of another', async () => {
    const { token } = await make(['risk:read']);
    expect(await ask('read', as(token, 'county'))).toMatchObject({ code: 'NAMESPACE_FORBIDDEN', namespace: undefined });
    expect(await ask('read', as(token, 'nowhere'))).toMatchObject({ code: 'NAMESPACE_FORBIDDEN' });
    expect(await ask('self', as(token, 'county'))).toMatchObject({ code: 'NAMESPACE_FORBIDDEN' });
    expect(await ask('read', as(token, 'city'))).toMatchObject({ code: 'none', namespace: 'city' });
    expect(await ask('read', as(token, ''))).toMatchObject({ code: 'none', namespace: 'city' });
  });

  it('lets an administrator everywhere, by name, and to the default where none is named', async () => {
    const { token } = await make(['admin']);
    expect(await ask('write', as(token, 'county'))).toMatchObject({ code: 'none', namespace: 'county' });
    expect(await ask('read', as(token))).toMatchObject({ code: 'none', namespace: 'default' });
    expect((await ask('read', as(token, 'nowhere'))).code).toBe('NAMESPACE_NOT_FOUND');
  });

  it('lets nobody to a route that says nothing', async () => {
    const { token } = await make(['admin']);
    expect((await ask('unsaid', as(token))).code).toContain('says nothing of access');
  });
});
