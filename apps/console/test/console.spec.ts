import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { assessAnswer, type Level, LEVELS, type RiskMap, riskMap, riskPage } from '#contracts';
import { launchBrowser, startServer, type TestServer } from '#testing';

/** The console in a real browser, on the real platform with its demo. Needs what `npm run build` makes. */

const DEMO_WITHIN_MS = 170_000;
/** Drawing is done by the processor here, and the first page reads four megabytes of coast. */
const DRAWN_WITHIN_MS = 60_000;
const EVENT_TYPE = 'incident';

let server: TestServer;
let browser: Browser;
let token: string;

async function api(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return fetch(`${server.url}/api/v1${path}`, { ...init, headers });
}

async function surfaceOf(horizon: number): Promise<RiskMap> {
  return riskMap.parse(await (await api(`/risk-map?horizon=${horizon}&event_type=${EVENT_TYPE}&format=json`)).json());
}

beforeAll(async () => {
  [server, browser] = await Promise.all([
    startServer('apps/all-in-one/main', { STRISK_DEMO: 'on' }, { readyWithinMs: 60_000 }),
    launchBrowser(),
  ]);
  token = (await readFile(join(server.dataDir, 'demo-token'), 'utf8')).trim();
  await vi.waitFor(
    async () => {
      const { status } = await api(`/risk-map?event_type=${EVENT_TYPE}`);
      if (status !== 200) throw new Error(`the demo has no surface yet: ${status}`);
    },
    { timeout: DEMO_WITHIN_MS, interval: 500 },
  );
}, DEMO_WITHIN_MS + 70_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

let context: BrowserContext;
let page: Page;
/** What must not happen on any page: scripts that fail, policies that are broken, requests to someone else. */
let wrongs: string[];

beforeEach(async () => {
  // With less motion the map jumps to where it would fly: what is clicked is where it will stay.
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  page = await context.newPage();
  page.setDefaultTimeout(DRAWN_WITHIN_MS);
  wrongs = [];
  page.on('pageerror', (error) => wrongs.push(`failed: ${error.message}`));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) wrongs.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== server.url) wrongs.push(`asked ${request.url()}`);
  });
});

afterEach(async () => {
  await context.close();
  if (wrongs.length > 0) throw new Error(wrongs.join('\n'));
});

const by = (id: string): Locator => page.getByTestId(id);

async function drawn(horizon: number): Promise<Locator> {
  const map = page.locator(`[data-testid="map"][data-state="ready"][data-horizon="${horizon}"]`);
  await map.waitFor();
  return map;
}

const open = (query = '') => page.goto(`${server.url}/${query}#token=${token}&namespace=demo`);

async function countsShown(): Promise<Record<Level, number>> {
  const entries = LEVELS.map(async (level) => {
    const text = await by(`level-count-${level}`).textContent();
    return [level, Number(text?.replaceAll(',', ''))] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<Level, number>;
}

function countsOf(surface: RiskMap): Record<Level, number> {
  const of = (level: Level) => surface.cells.filter((cell) => cell.level === level).length;
  return { LOW: of('LOW'), MODERATE: of('MODERATE'), HIGH: of('HIGH'), CRITICAL: of('CRITICAL') };
}

/** The demo lives on, so a surface may be replaced between two looks: what is compared must be of one issue. */
async function agrees(horizon: number): Promise<void> {
  await expect
    .poll(
      async () => {
        const before = await surfaceOf(horizon);
        const shown = await countsShown();
        const label = await by('freshness').locator('time').first().getAttribute('datetime');
        return label === before.issued_at ? { shown, expected: countsOf(before) } : null;
      },
      { timeout: DRAWN_WITHIN_MS, interval: 500 },
    )
    .toSatisfy((seen: { shown: unknown; expected: unknown } | null) => {
      if (seen === null) return false;
      expect(seen.shown).toEqual(seen.expected);
      return true;
    });
}

describe('getting in', () => {
  it('says what is wrong with a token that is not known, and keeps nothing of it', async () => {
    await page.goto(server.url);
    await page.getByLabel('Access token').fill('not-a-token-of-this-platform');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await by('sign-in-error').waitFor();
    expect(await by('sign-in-error').getAttribute('data-code')).toBe('TOKEN_INVALID');
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });

  it('takes the token from the link, out of the address and, at signing out, out of the tab', async () => {
    await open();
    await drawn(24);
    expect(page.url()).not.toContain(token);
    expect(new URL(page.url()).hash).toBe('');
    await by('sign-out').click();
    await by('sign-in').waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });
});

describe('the risk map', () => {
  it('draws every cell of the surface and counts them by level', async () => {
    await open();
    const map = await drawn(24);
    expect(Number(await map.getAttribute('data-cells'))).toBe((await surfaceOf(24)).cell_count);
    await agrees(24);
  });

  it('looks further ahead at a click and by the keyboard', async () => {
    await open();
    await drawn(24);
    await by('horizon-168').click();
    await drawn(168);
    await agrees(168);
    expect(new URL(page.url()).searchParams.get('horizon')).toBe('168');
    await page.keyboard.press('ArrowLeft');
    await drawn(72);
    expect(await by('horizon-72').getAttribute('aria-checked')).toBe('true');
  });

  it('shows a cell as the API assesses it, and again from the link', async () => {
    await open();
    await drawn(24);
    const first = by('top-cells').locator('button[data-cell]').first();
    const cell = (await first.getAttribute('data-cell')) ?? '';
    await first.click();
    await by('cell-panel').waitFor();
    const body = JSON.stringify({ horizon_hours: 24, event_type: EVENT_TYPE, cells: [cell] });
    await expect
      .poll(
        async () => {
          const answer = assessAnswer.parse(await (await api('/risk/assess', { method: 'POST', body })).json());
          const shown = Number(await by('panel-p-event').getAttribute('data-p'));
          return Math.abs(shown - (answer.assessments[0]?.p_event ?? Number.NaN));
        },
        { timeout: DRAWN_WITHIN_MS, interval: 500 },
      )
      .toBeLessThan(1e-3);
    for (const part of ['outlook', 'features', 'events']) {
      await page.locator(`[data-testid="panel-${part}"][data-state="ready"]`).waitFor();
    }
    expect(await by('panel-outlook').getByRole('button').count()).toBe(5);

    const link = page.url();
    expect(new URL(link).searchParams.get('cell')).toBe(cell);
    await page.goto('about:blank');
    await page.goto(link);
    await page.locator(`[data-testid="cell-panel"][data-cell="${cell}"]`).waitFor();
  });

  it('opens the cell under a click, and closes it with Escape', async () => {
    await open();
    const map = await drawn(24);
    const first = by('top-cells').locator('button[data-cell]').first();
    const cell = await first.getAttribute('data-cell');
    await first.click();
    await by('cell-panel').waitFor();
    await page.keyboard.press('Escape');
    await by('top-cells').waitFor();
    // The list has brought the cell to the middle of the map; there it is clicked.
    const box = (await map.boundingBox()) ?? expect.fail('the map has no size');
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.locator(`[data-testid="cell-panel"][data-cell="${cell}"]`).waitFor();
  });

  it('says that the connection is lost, keeps the map, and heals by itself', async () => {
    await open();
    const map = await drawn(24);
    await context.route('**/api/**', (route) => route.abort());
    await by('connection-lost').waitFor();
    expect(await map.getAttribute('data-state')).toBe('ready');
    await context.unroute('**/api/**');
    await by('connection-lost').waitFor({ state: 'detached' });
  });

  it('takes note of an open risk', async (test) => {
    const openRisks = async () =>
      riskPage.parse(await (await api(`/risks?status=open&event_type=${EVENT_TYPE}&limit=1000`)).json()).data;
    if ((await openRisks()).length === 0) test.skip('no cell of the demo is over its threshold now');
    await open();
    await drawn(24);
    const row = by('open-risks').locator('li[data-risk]').first();
    const id = await row.getAttribute('data-risk');
    await row.getByRole('button', { name: /^Acknowledge/ }).click();
    await page.locator(`li[data-risk="${id}"]`).waitFor({ state: 'detached' });
    expect((await openRisks()).map((risk) => risk.risk_id)).not.toContain(id);
  });

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open();
    await drawn(24);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });
});
