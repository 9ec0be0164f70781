import { type Browser, chromium } from 'playwright-core';
import { CHROMIUM, ensureProgram } from '../process/system-packages.js';

/** No GPU on a test machine: WebGL, which the map needs, is drawn by ANGLE on SwiftShader. */
const FLAGS = [
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // A container's /dev/shm is often 64 MB, too little for a page with a canvas.
  '--disable-dev-shm-usage',
];

/** The system's Chromium (installed first where that is possible), without a window. The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = await ensureProgram(CHROMIUM);
  // Chromium's sandbox refuses to run as root.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, headless: true, args: [...FLAGS, ...sandbox] });
}
