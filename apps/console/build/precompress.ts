import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const COMPRESSIBLE = /\.(?:js|css|html|svg|json)$/;
const MIN_BYTES = 1024;
/** Brotli's best setting takes ten seconds for the coast lines and saves a few percent over this one. */
const BROTLI_QUALITY = 9;

/** Writes `x.br` and `x.gz` beside every file of 1 KB or more, so that the server never compresses at request time. */
export function precompress(): Plugin {
  return {
    name: 'strisk:precompress',
    apply: 'build',
    async writeBundle({ dir }) {
      if (dir === undefined) return;
      const names = await readdir(dir, { recursive: true });
      for (const name of names.filter((each) => COMPRESSIBLE.test(each))) {
        const path = join(dir, name);
        const source = await readFile(path);
        if (source.length < MIN_BYTES) continue;
        const [br, gz] = await Promise.all([
          promisify(brotliCompress)(source, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
          promisify(gzip)(source, { level: 9 }),
        ]);
        await Promise.all([writeFile(`${path}.br`, br), writeFile(`${path}.gz`, gz)]);
      }
    },
  };
}
