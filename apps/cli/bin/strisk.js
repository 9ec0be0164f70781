#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';

const root = new URL('../../../', import.meta.url);
const main = new URL('dist/apps/cli/main.js', root);

if (Number(process.versions.node.split('.')[0]) < 20) {
  process.stderr.write(`strisk needs Node 20 or newer; this is ${process.version}.\n`);
  process.exitCode = 1;
} else if (!existsSync(main)) {
  process.stderr.write('strisk is not built yet: run "npm run build" (or "npm start") in the repository first.\n');
  process.exitCode = 1;
} else {
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const { start } = await import(main.href);
  await start(version);
}
