/** What the wrappers of k6 and Locust share. Plain JavaScript and Node's own modules alone. */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the tools are installed; git ignores it, and `npm ci` clears it away. */
export const TOOLS = fileURLToPath(new URL('../../node_modules/.cache/loadtests/', import.meta.url));
mkdirSync(TOOLS, { recursive: true });

export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first of some programs that is there, by its path. */
export function findProgram(names, folders = (process.env.PATH ?? '').split(delimiter)) {
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** Runs a program in this terminal; its exit code. */
export function run(program, args, env = {}) {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
    child.once('error', failed);
    child.once('close', (code) => done(code ?? 1));
  });
}

export async function mustRun(program, args, env) {
  const code = await run(program, args, env);
  if (code !== 0) throw new Error(`${program} ${args[0] ?? ''} ended with ${code}`);
}
