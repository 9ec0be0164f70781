import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Config, ConfigError, defineConfig } from './define-config.js';
import { envExample } from './env-example.js';
import { integer, integers, onOff, serverUrl } from './readers.js';

const web = defineConfig('web', {
  WEB_PORT: integer(0, 65_535).default(3000).describe('The port (3000)'),
  WEB_MODE: onOff.default(false).describe('on or off (off)'),
});
const store = defineConfig('store', {
  STORE_URL: serverUrl('http', 'https').optional().describe('A server'),
  STORE_NAME: z.string().max(3).default('abc').describe('A name (abc)'),
});

const mistakesOf = (env: Record<string, string | undefined>) => {
  try {
    Config.read([web, store], env);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes.map(({ variable }) => variable);
    throw error;
  }
  return [];
};

describe('reading the environment', () => {
  it('gives each capability its values, with defaults', () => {
    const config = Config.read([web, store], { WEB_PORT: '80', WEB_MODE: 'on', OTHER: 'x' });
    expect(config.get(web)).toEqual({ WEB_PORT: 80, WEB_MODE: true });
    expect(config.get(store)).toEqual({ STORE_NAME: 'abc' });
  });

  it('takes an empty variable for unset', () => {
    const config = Config.read([web, store], { WEB_PORT: '', WEB_MODE: '', STORE_URL: '', STORE_NAME: undefined });
    expect(config.get(web)).toEqual({ WEB_PORT: 3000, WEB_MODE: false });
    expect(config.get(store)).toEqual({ STORE_NAME: 'abc' });
  });

  it('reports every mistake of every capability at once, and no value', () => {
    const secret = 'hunter2-very-secret';
    const env = { WEB_PORT: '70000', WEB_MODE: 'yes', STORE_URL: secret, STORE_NAME: 'toolong' };
    expect(mistakesOf(env)).toEqual(['WEB_PORT', 'WEB_MODE', 'STORE_URL', 'STORE_NAME']);
    expect(() => Config.read([web, store], env)).toThrow(/4 mistakes:\n {2}WEB_PORT: must be a whole number from 0/);
    expect(() => Config.read([web, store], env)).not.toThrow(secret);
  });

  it.each(['1.5', 'abc', '-1', '65536', '0x10', '1e3', ' ', '٣'])('refuses the number "%s"', (text) => {
    expect(mistakesOf({ WEB_PORT: text })).toEqual(['WEB_PORT']);
  });

  it.each(['0', '65535', ' 80 '])('takes the number "%s"', (text) => {
    expect(Config.read([web], { WEB_PORT: text }).get(web).WEB_PORT).toBe(Number(text));
  });

  it.each(['ftp://host', 'host:80', 'http//x'])('refuses the server "%s"', (text) => {
    expect(mistakesOf({ STORE_URL: text })).toEqual(['STORE_URL']);
  });

  it('refuses to give what was not read', () => {
    expect(() => Config.read([web], {}).get(store)).toThrow('"store" was not read');
  });
});

describe('.env.example', () => {
  it('lists every variable under its capability, with what it means', () => {
    expect(envExample([web, store])).toBe(
      '# Every variable the platform reads. All are optional: without them it runs on its embedded parts.\n' +
        '\n## web\n# The port (3000)\n#WEB_PORT=\n# on or off (off)\n#WEB_MODE=\n' +
        '\n## store\n# A server\n#STORE_URL=\n# A name (abc)\n#STORE_NAME=\n',
    );
  });

  it('refuses a variable that nobody described', () => {
    expect(() => envExample([defineConfig('x', { NAMELESS: z.string() })])).toThrow('NAMELESS has no description');
  });
});

describe('a list of whole numbers', () => {
  const list = integers(1, 720, 3);

  it.each([
    ['24', [24]],
    ['168, 24', [24, 168]],
    ['720,1,24', [1, 24, 720]],
  ])('is read from "%s", in order', (text, values) => expect(list.parse(text)).toEqual(values));

  it.each(['', '0', '721', '24,', '24,24', '1,2,3,4', '24;168', '1.5', '-1', '0x10', 'day'])('is not "%s"', (text) => {
    expect(list.safeParse(text).error?.issues[0]?.message).toBe(
      'must be at most 3 different whole numbers from 1 to 720, separated by commas',
    );
  });
});
