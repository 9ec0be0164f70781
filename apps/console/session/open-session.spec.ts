import type { Namespace, Scope, TokenSelf } from '#contracts';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../api/api-error.js';
import { openSession } from './open-session.js';

const namespace = (id: string): Namespace => ({
  namespace_id: id,
  name: id.toUpperCase(),
  h3_resolution: 8,
  time_zone: 'UTC',
  levels: { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 },
  amount_kind: 'none',
  retention: { events_days: null, assessments_days: null, risks_days: null },
  created_at: '2026-01-01T00:00:00Z',
  version: 1,
});

/** A server with some namespaces, as a token with these scopes sees it. `own` is where a request without a name goes. */
function server(scopes: Scope[], own: string, existing: string[]) {
  const asked: (string | null)[] = [];
  const apiOf = (name: string | null) => ({
    self: async (): Promise<TokenSelf> => {
      await Promise.resolve();
      asked.push(name);
      const wanted = name ?? own;
      if (!scopes.includes('admin') && wanted !== own) throw new ApiError(403, 'NAMESPACE_FORBIDDEN', 'x');
      if (!existing.includes(wanted)) throw new ApiError(404, 'NAMESPACE_NOT_FOUND', 'x');
      return { token_id: 't', name: 'n', scopes, namespace: namespace(wanted) };
    },
    namespaces: () => Promise.resolve(existing.map(namespace)),
  });
  const open = (wanted: string | null) =>
    openSession({ token: 'secret', namespace: wanted }, new AbortController().signal, apiOf);
  return { open, asked };
}

describe('openSession', () => {
  it('takes a token bound to a namespace as it is, and names none with its calls', async () => {
    const open = await server(['risk:read'], 'demo', ['demo']).open(null);
    expect(open).toMatchObject({ isAdmin: false, mayAcknowledge: false, namespaceHeader: null, notice: null });
    expect(open.namespaces.map((each) => each.namespace_id)).toEqual(['demo']);
  });

  it('lets a bound token with risk:write acknowledge', async () => {
    expect((await server(['risk:read', 'risk:write'], 'demo', ['demo']).open(null)).mayAcknowledge).toBe(true);
  });

  it('gives an administrator the namespace asked for and all to choose from', async () => {
    const open = await server(['admin'], 'default', ['default', 'demo']).open('demo');
    expect(open).toMatchObject({ isAdmin: true, mayAcknowledge: true, namespaceHeader: 'demo', notice: null });
    expect(open.namespaces).toHaveLength(2);
  });

  it('falls back to the token’s own namespace where another was asked for, and says so', async () => {
    const open = await server(['risk:read'], 'demo', ['demo']).open('toronto');
    expect(open.self.namespace.namespace_id).toBe('demo');
    expect(open.notice).toContain('toronto');
  });

  it.each([null, 'gone'])(
    'finds an administrator a namespace where neither %j nor the default is there',
    async (wanted) => {
      const open = await server(['admin'], 'default', ['demo']).open(wanted);
      expect(open.namespaceHeader).toBe('demo');
    },
  );

  it('passes the error on where there is no namespace at all', async () => {
    await expect(server(['admin'], 'default', []).open(null)).rejects.toMatchObject({ code: 'NAMESPACE_NOT_FOUND' });
  });

  it('refuses a token that may not read risk', async () => {
    await expect(server(['events:write'], 'demo', ['demo']).open(null)).rejects.toMatchObject({
      code: 'SCOPE_MISSING',
    });
  });
});
