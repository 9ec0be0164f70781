import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { blockList, isPublic } from './addresses.js';
import { outboundFetch } from './outbound-fetch.js';
import { OutboundRefused, OutboundUrls } from './outbound-urls.js';

const names = new Map<string, { address: string; family: number }[]>();
vi.mock('node:dns', () => ({
  // The names of the tests; none of them asks a real resolver.
  lookup: (host: string, _options: object, done: (error: Error | null, found?: unknown) => void) =>
    names.has(host) ? done(null, names.get(host)) : done(new Error(`ENOTFOUND ${host}`)),
}));

const strict = new OutboundUrls({ networks: [], hosts: [] });
const refusal = (urls: OutboundUrls, url: string) => () => urls.check(url);

const servers: Server[] = [];
afterEach(async () => {
  names.clear();
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    }),
  );
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('an address', () => {
  it.each(['1.1.1.1', '8.8.8.8', '100.63.255.255', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])(
    '%s is public',
    (address) => expect(isPublic(address)).toBe(true),
  );

  it.each([
    ['this network', '0.0.0.0'],
    ['private', '10.0.0.1'],
    ['private', '172.16.5.4'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['metadata', '169.254.169.254'],
    ['metadata', '168.63.129.16'],
    ['metadata', '100.100.100.200'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['benchmarks', '198.18.0.1'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['link-local', 'fe80::1'],
    ['link-local', 'fe80::1%eth0'],
    ['unique local', 'fd00:ec2::254'],
    ['unique local', 'fc00::1'],
    ['multicast', 'ff02::1'],
    ['IPv4-mapped', '::ffff:127.0.0.1'],
    ['IPv4-mapped', '::ffff:7f00:1'],
    ['IPv4-mapped, of a public one', '::ffff:8.8.8.8'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['NAT64, local', '64:ff9b:1::a00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:80ff:fffe'],
    ['documentation', '2001:db8::1'],
    ['no address', 'localhost'],
    ['no address', '127.1'],
    ['no address', ''],
  ])('%s, %s, is not', (_, address) => expect(isPublic(address)).toBe(false));
});

describe('a URL', () => {
  it.each([
    'https://example.org/hook?x=1',
    'https://example.org:443/',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'https://bücher.example/',
  ])('%s may be called, as far as it tells', (url) => expect(strict.check(url)).toBeInstanceOf(URL));

  it.each([
    'http://example.org/',
    'ftp://example.org/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    'https://user:secret@example.org/',
    'https://user@example.org/',
    'https://example.org:8443/',
    'https://example.org:6379/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://①②⑦.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://10.0.0.1./',
    '//example.org/',
    'nonsense',
    '',
  ])('%s may not', (url) => expect(refusal(strict, url)).toThrow(OutboundRefused));

  it('of what the operator allows may be called, and nothing beside it', () => {
    const urls = new OutboundUrls({ networks: ['10.1.0.0/16'], hosts: ['hooks.corp'] });
    for (const url of ['http://10.1.2.3:8080/', 'https://10.1.2.3/', 'http://hooks.corp:9000/', 'https://hooks.corp./'])
      expect(urls.check(url)).toBeInstanceOf(URL);
    for (const url of ['https://10.2.0.1/', 'http://other.corp/', 'ftp://hooks.corp/', 'http://a@hooks.corp/'])
      expect(refusal(urls, url)).toThrow(OutboundRefused);
    expect(() => blockList(['10.0.0'])).toThrow('not a network');
  });
});

describe('a call', () => {
  const local = (hosts: string[] = ['hook.test']) => new OutboundUrls({ networks: [], hosts });
  const here = [{ address: '127.0.0.1', family: 4 }];

  it('sends what it is given and brings the answer', async () => {
    names.set('hook.test', here);
    const port = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (body: string) => {
        response.writeHead(202, { 'x-seen': `${request.method} ${String(request.headers['x-a'])}` }).end(`got ${body}`);
      });
    });
    const url = `http://hook.test:${port}/`;
    const answer = await outboundFetch(local(), url, { method: 'POST', headers: { 'x-a': 'b' }, body: 'ä' });
    expect([answer.status, answer.headers['x-seen'], answer.body.toString()]).toEqual([202, 'POST b', 'got ä']);
  });

  it.each([
    ['private', [{ address: '10.0.0.1', family: 4 }]],
    ['both', [{ address: '8.8.8.8', family: 4 }, ...here]],
    ['an IPv4 address inside of IPv6', [{ address: '::ffff:127.0.0.1', family: 6 }]],
    ['none', []],
  ])('to a name whose addresses are %s connects nowhere', async (_, addresses) => {
    names.set('evil.test', addresses);
    await expect(outboundFetch(strict, 'https://evil.test/', { method: 'GET' })).rejects.toThrow(OutboundRefused);
  });

  it('to a name that leads elsewhere the second time is judged by where it leads then', async () => {
    let asked = 0;
    const port = await serve((_request, response) => {
      asked++;
      response.end();
    });
    // Every name may be called here, and no address but one.
    const urls = new OutboundUrls({ networks: ['127.0.0.1'], hosts: [] });
    vi.spyOn(urls, 'check').mockImplementation((url) => new URL(url));
    const call = () => outboundFetch(urls, `http://turn.test:${port}/`, { method: 'GET' });
    names.set('turn.test', here);
    await call();
    names.set('turn.test', [{ address: '127.0.0.2', family: 4 }]);
    await expect(call()).rejects.toThrow(OutboundRefused);
    expect(asked).toBe(1);
  });

  it('fails as the resolver does', async () => {
    await expect(outboundFetch(strict, 'https://nowhere.test/', { method: 'GET' })).rejects.toThrow('ENOTFOUND');
  });

  it('follows no redirect to where it may not go, and takes no secrets along', async () => {
    names.set('hook.test', here);
    names.set('next.test', here);
    const seen: (string | undefined)[] = [];
    const port = await serve((request, response) => {
      seen.push(request.headers.authorization);
      if (request.headers.host?.startsWith('next')) response.end('there');
      else
        response
          .writeHead(302, { location: new URL(request.url ?? '', 'http://x/').searchParams.get('to') ?? '' })
          .end();
    });
    const get = (to: string) =>
      outboundFetch(local(['hook.test', 'next.test']), `http://hook.test:${port}/?to=${encodeURIComponent(to)}`, {
        method: 'GET',
        headers: { Authorization: 'Bearer secret' },
      });
    expect((await get(`http://next.test:${port}/`)).body.toString()).toBe('there');
    expect(seen).toEqual(['Bearer secret', undefined]);
    for (const to of ['http://127.0.0.1/', 'https://169.254.169.254/', 'file:///etc/passwd', 'http://[', `/?to=/`])
      await expect(get(to)).rejects.toThrow(OutboundRefused);
  });

  it('ends at its deadline, also in the middle of an answer, and when it is told to', async () => {
    names.set('hook.test', here);
    const port = await serve((request, response) => {
      if (request.url === '/drip') response.write('x');
    });
    const get = (path: string, more: object) =>
      outboundFetch(local(), `http://hook.test:${port}${path}`, { method: 'GET', ...more });
    for (const path of ['/never', '/drip'])
      await expect(get(path, { deadlineMs: 50 })).rejects.toThrow(/timeout|aborted/);
    const signal = AbortSignal.abort(new Error('shutting down'));
    await expect(get('/never', { signal })).rejects.toThrow('shutting down');
  });

  it('reads no more than it may', async () => {
    names.set('hook.test', here);
    const port = await serve((_request, response) => {
      response.end('x'.repeat(2_000));
    });
    const get = (maxAnswerBytes: number) =>
      outboundFetch(local(), `http://hook.test:${port}/`, { method: 'GET', maxAnswerBytes });
    expect((await get(2_000)).body).toHaveLength(2_000);
    await expect(get(1_999)).rejects.toThrow('more than 1999 bytes');
  });
});
