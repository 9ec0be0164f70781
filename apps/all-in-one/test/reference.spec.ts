import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, startServer, type TestServer } from '#testing';
import { written } from '#openapi';
import { OPENAPI_DOCUMENT } from '../openapi.js';
import { ADMIN, Client, ENV } from './platform.js';

let server: TestServer;
let anyone: Client;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer('apps/all-in-one/main', ENV), launchBrowser()]);
  anyone = new Client(server, null);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

describe('the OpenAPI document', () => {
  it('is served to everyone as it is committed, with a tag', async () => {
    const answer = await anyone.ask('GET', '/openapi.json');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(written(JSON.parse(answer.text) as typeof OPENAPI_DOCUMENT)).toBe(written(OPENAPI_DOCUMENT));
    const tag = answer.headers.get('etag') ?? '';
    expect((await anyone.ask('GET', '/openapi.json', { headers: { 'if-none-match': tag } })).status).toBe(304);
  });
});

describe('the reference page', () => {
  it('loads from the platform alone, within its policy, and tries a call with a token', async () => {
    const page = await browser.newPage();
    const strange: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol !== 'data:' && host !== new URL(server.url).host) strange.push(request.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    const answer = await page.goto(`${server.url}/api/v1/docs`);
    expect(answer?.headers()['content-security-policy']).toContain("script-src 'self';");

    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.locator('.auth-container input').fill(ADMIN);
    await page.locator('.auth-btn-wrapper .authorize').click();
    await page.locator('.auth-btn-wrapper .btn-done').click();
    await page.getByText('Who am I, and what may I do').click();
    await page.locator('.btn.execute').click();
    const status = page.locator('.live-responses-table .response-col_status');
    await status.filter({ hasText: '200' }).waitFor();
    expect(await page.locator('.live-responses-table').textContent()).toContain('"scopes"');
    expect(strange).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('sends none but its own files', async () => {
    expect((await anyone.ask('GET', '/docs/swagger-ui.css')).status).toBe(200);
    expect((await anyone.ask('GET', '/docs/package.json')).status).toBe(400);
    expect((await anyone.ask('GET', '/docs/..%2fpackage.json')).status).toBe(400);
  });
});
