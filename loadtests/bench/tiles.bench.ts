/**
 * Drawing of vector tiles over a surface of 100,000 cells in this process, every tile for the first time: no cache of
 * answers stands before it.
 */
import { gridDisk, latLngToCell } from 'h3-js';
import { buildRegion, createRandom, serialiseSurface } from '#forecast';
import { type Tile, worldX, worldY } from '#geo';
import { LiveSurface, RiskTilesService } from '#risk';
import type { AnyBench, Bench } from './bench.js';

const CENTER = { lat: 43.7, lon: -79.4 };
/** 3 k (k + 1) + 1 cells. */
const RINGS = 182;
const ZOOMS = [2, 4, 6, 7, 8, 9, 10, 12];
const ACCESS = {
  namespace: { namespaceId: 'bench', levels: { MODERATE: 0.05, HIGH: 0.15, CRITICAL: 0.4 } },
} as Parameters<RiskTilesService['tile']>[0];

interface Context {
  readonly surface: LiveSurface;
  readonly service: RiskTilesService;
}

function makeSurface(): Context {
  const region = buildRegion(gridDisk(latLngToCell(CENTER.lat, CENTER.lon, 7), RINGS), { addNeighbours: false });
  const random = createRandom(1);
  const hours = Float64Array.from({ length: 721 }, (_, hour) => hour);
  const payload = serialiseSurface({
    region,
    from: 490_000,
    maxHorizon: 720,
    background: Float64Array.from({ length: region.size }, () => random.next() ** 2 / 24),
    seasonHours: hours,
    rates: new Float64Array(0),
    direct: new Float32Array(0),
    knots: Float64Array.of(0, 720),
    later: new Float32Array(region.size),
    laterProfile: hours.map(() => 0),
    dispersion: { horizons: Float64Array.of(24), values: Float64Array.of(1.5) },
  });
  const now = new Date();
  const head = {
    namespaceId: 'bench',
    eventType: 'fire',
    version: 1,
    modelVersion: 'fire-1',
    issuedAt: now,
    dataUntil: now,
  };
  const artefact = { model: { region }, severity: undefined } as unknown as ConstructorParameters<
    typeof LiveSurface
  >[2];
  const surface = new LiveSurface(head, payload, artefact);
  const service = new RiskTilesService({ require: () => surface } as unknown as ConstructorParameters<
    typeof RiskTilesService
  >[0]);
  return { surface, service };
}

/** Tiles around the middle of the cells at a zoom: what a window of a map shows. */
function tilesAt(z: number): Tile[] {
  const [x, y] = [Math.floor(worldX(CENTER.lon) * 2 ** z), Math.floor(worldY(CENTER.lat) * 2 ** z)];
  const steps = [-2, -1, 0, 1, 2];
  return steps
    .flatMap((dx) => steps.map((dy) => ({ z, x: x + dx, y: y + dy })))
    .filter((tile) => Math.min(tile.x, tile.y) >= 0 && Math.max(tile.x, tile.y) < 2 ** z);
}

function quantile(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(share * times.length))]!;
}

const tiles: Bench<null> = {
  description: 'Vector tiles over 100,000 cells at zooms 2 to 12, each drawn for the first time, and again',
  runs: 5,
  bars: [
    { figure: 'tile, first time: p95, ms', atMost: 50 },
    { figure: 'tile, again: p95, ms', atMost: 50 },
  ],
  prepare: () => null,
  measure: async () => {
    // Anew each time: outlines that were drawn once are kept.
    const { surface, service } = makeSurface();
    const start = performance.now();
    await surface.prepare();
    const prepared = performance.now() - start;
    const draw = () =>
      ZOOMS.flatMap(tilesAt).map((tile) => {
        const begun = performance.now();
        const bytes = service.tile(ACCESS, tile, { horizon: 24 });
        return { ms: performance.now() - begun, kb: bytes.length / 1024 };
      });
    const first = draw();
    const again = draw();
    return {
      'preparing the cells, once a model, ms': prepared,
      'tile, first time: p50, ms': quantile(
        first.map(({ ms }) => ms),
        0.5,
      ),
      'tile, first time: p95, ms': quantile(
        first.map(({ ms }) => ms),
        0.95,
      ),
      'tile, first time: max, ms': quantile(
        first.map(({ ms }) => ms),
        1,
      ),
      'tile, again: p95, ms': quantile(
        again.map(({ ms }) => ms),
        0.95,
      ),
      'largest tile, KB': quantile(
        first.map(({ kb }) => kb),
        1,
      ),
    };
  },
};

export const benches: Record<string, AnyBench> = { tiles };
