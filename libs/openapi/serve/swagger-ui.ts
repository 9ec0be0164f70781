import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

/** The files of the page that the package brings; nothing else of it is sent. */
const FILES = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;
export type UiFile = keyof typeof FILES;
export const UI_FILES = Object.keys(FILES) as UiFile[];

export interface Asset {
  mediaType: string;
  body: Buffer;
  /** Left out where compressing gains nothing. */
  brotli: Buffer | undefined;
}

const kept = new Map<UiFile, Promise<Asset>>();

/** A file of the package, read and compressed once: the page is the same for as long as the process runs. */
export function uiFile(name: UiFile): Promise<Asset> {
  let asset = kept.get(name);
  if (!asset) {
    asset = load(name);
    kept.set(name, asset);
    // Read again the next time: it may have been a passing failure.
    asset.catch(() => kept.delete(name));
  }
  return asset;
}

async function load(name: UiFile): Promise<Asset> {
  const home = new URL('.', import.meta.resolve('swagger-ui-dist/package.json'));
  const body = await readFile(fileURLToPath(new URL(name, home)));
  const mediaType = FILES[name];
  const params = { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
  const brotli = mediaType.startsWith('text/') ? await promisify(brotliCompress)(body, { params }) : undefined;
  return { mediaType, body, brotli };
}

/**
 * The page. No script or style stands in it, so that its content policy needs no exception for them; the one for styles
 * is for those that the page's program sets on its elements.
 */
export const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>ST Risk Platform: API reference</title>
    <link rel="icon" type="image/png" href="docs/favicon-32x32.png" />
    <link rel="stylesheet" href="docs/swagger-ui.css" />
  </head>
  <body>
    <div id="reference"></div>
    <noscript>The API is described by <a href="openapi.json">openapi.json</a>.</noscript>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;

/** Starts the page's program. Nothing is asked of other hosts: no badge of a validator, no fonts, no counting. */
export const START = `window.SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  filter: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  displayOperationId: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  queryConfigEnabled: false,
  persistAuthorization: false,
});
`;

export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
