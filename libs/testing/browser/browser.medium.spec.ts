import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from './browser.js';

let browser: Browser;

// Where Chromium has to be installed first, that alone takes a minute.
beforeAll(async () => {
  browser = await launchBrowser();
}, 300_000);

afterAll(() => browser.close());

it('draws with WebGL 2, which the map needs', async () => {
  const page = await browser.newPage();
  await page.setContent('<canvas id="c" width="4" height="4"></canvas>');
  // As text: it runs in the page, whose globals this program's types do not know.
  const pixel = await page.evaluate(`(() => {
    const gl = document.getElementById('c').getContext('webgl2');
    if (gl === null) return 'no WebGL 2';
    gl.clearColor(1, 0.5, 0, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const bytes = new Uint8Array(4);
    gl.readPixels(1, 1, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    return [...bytes];
  })()`);
  expect(pixel).toEqual([255, 128, 0, 255]);
});
