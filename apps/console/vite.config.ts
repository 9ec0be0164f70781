import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';
import { basemap } from './build/basemap.js';
import { precompress } from './build/precompress.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at('.'),
  base: '/',
  plugins: [react(), basemap(), precompress()],
  // "source" lets #contracts and #geo be read from their TypeScript, as the tests do.
  resolve: { conditions: ['source', ...defaultClientConditions] },
  worker: { format: 'es' },
  // In development `/api` is handed on to a platform started with `npm start`.
  server: { proxy: { '/api': 'http://127.0.0.1:3000' } },
  // MapLibre finds its worker by a URL given to it; pre-bundling would move the file away.
  optimizeDeps: { exclude: ['maplibre-gl'] },
  build: {
    outDir: at('../../dist/console'),
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    // Everything has a name of its own, so that the strict content policy needs no `data:` but for images.
    assetsInlineLimit: 0,
    // MapLibre alone is about 1.1 MB before compression; it is a chunk of its own and loads beside the first calls.
    chunkSizeWarningLimit: 1200,
  },
});
