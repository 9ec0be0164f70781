import { describe, expect, it } from 'vitest';
import { loadSession, saveSession, sessionOfFragment, takeSession } from './session.js';

function store(entries: Record<string, string> = {}) {
  const map = new Map(Object.entries(entries));
  return {
    map,
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  };
}

describe('sessionOfFragment', () => {
  it('reads token and namespace', () => {
    expect(sessionOfFragment('#token=abc%2B1&namespace=demo')).toEqual({ token: 'abc+1', namespace: 'demo' });
    expect(sessionOfFragment('#token=abc')).toEqual({ token: 'abc', namespace: null });
  });

  it.each(['', '#', '#namespace=demo', '#token=', '#token=%20'])('finds no token in %j', (hash) => {
    expect(sessionOfFragment(hash)).toBeNull();
  });
});

describe('stored session', () => {
  it('is read back, and gone once forgotten', () => {
    const kept = store();
    saveSession(kept, { token: 'a', namespace: null });
    expect(loadSession(kept)).toEqual({ token: 'a', namespace: null });
    saveSession(kept, null);
    expect(loadSession(kept)).toBeNull();
    expect(kept.map.size).toBe(0);
  });

  it.each(['no json', '{}', '{"token":5}', '{"token":""}'])('is none where %j is stored', (text) => {
    expect(loadSession(store({ 'strisk.session': text }))).toBeNull();
  });
});

describe('takeSession', () => {
  const history = () => {
    const urls: unknown[] = [];
    const replaceState = (_data: unknown, _unused: string, url?: string | URL | null) => void urls.push(url);
    return { urls, history: { replaceState } as History };
  };

  it('moves a token out of the address and into the tab', () => {
    const kept = store();
    const { urls, history: h } = history();
    const location = { hash: '#token=secret&namespace=demo', pathname: '/', search: '?horizon=6' } as Location;
    expect(takeSession(kept, location, h)).toEqual({ token: 'secret', namespace: 'demo' });
    expect(urls).toEqual(['/?horizon=6&namespace=demo']);
    expect(loadSession(kept)?.token).toBe('secret');
  });

  it('goes on with the tab’s own where none arrives, and leaves the address alone', () => {
    const kept = store({ 'strisk.session': '{"token":"old","namespace":null}' });
    const { urls, history: h } = history();
    expect(takeSession(kept, { hash: '', pathname: '/', search: '' } as Location, h)?.token).toBe('old');
    expect(urls).toEqual([]);
  });
});
