import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { usage } from './failure.js';

/** The options every command takes, as commander hands them over. */
export interface GlobalOptions {
  url?: string;
  token?: string;
  namespace?: string;
  json?: boolean;
}

export interface Settings {
  /** Base address without a slash at its end. */
  url: string;
  token: string | null;
  namespace: string | null;
  json: boolean;
}

export const DEFAULT_URL = 'http://127.0.0.1:3000';
const NAMESPACE = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** Options before environment before defaults. Raises CliFailure (usage) for an address or namespace that cannot be one. */
export function settings(options: GlobalOptions, env: Readonly<Record<string, string | undefined>>): Settings {
  const url = address(options.url ?? filled(env.STRISK_URL) ?? DEFAULT_URL);
  const namespace = options.namespace ?? filled(env.STRISK_NAMESPACE) ?? null;
  if (namespace !== null && !NAMESPACE.test(namespace)) {
    throw usage(
      `"${namespace}" cannot be a namespace: use a-z, 0-9, "-" and "_", at most 63, a letter or digit first.`,
    );
  }
  const token = options.token ?? filled(env.STRISK_TOKEN) ?? (isLoopback(url) ? tokenFile(env.DATA_DIR) : null);
  if (token !== null && !/^[\x21-\x7e]+$/.test(token)) throw usage('The token has characters that no token has.');
  return { url: url.href.replace(/\/+$/, ''), token, namespace, json: options.json === true };
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

function address(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw usage(`--url "${text}" is not an address such as ${DEFAULT_URL}.`);
  }
  return url;
}

/** The administrator's token of this machine must not travel to another one unasked. */
function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname);
}

function tokenFile(dataDir: string | undefined): string | null {
  try {
    return readFileSync(join(filled(dataDir) ?? 'data', 'admin-token'), 'utf8').trim() || null;
  } catch {
    return null; // Not there or not ours to read: the server will say that a token is needed.
  }
}
