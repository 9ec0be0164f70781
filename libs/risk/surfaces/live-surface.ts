import { setImmediate } from 'node:timers/promises';
import { deserialiseSurface, type Surface, surfaceAt } from '#forecast';
import type { Artefact } from '../models/artefact.js';
import { coarsen } from './risk-map.js';
import { RiskView } from './risk-view.js';
import { RegionTiles } from './tiles/region-tiles.js';

/** Hours; what is asked for where nothing else is. */
const USUAL_HORIZON = 24;
/** Views of different horizons kept at once; maps are asked for at a handful. */
const VIEWS_KEPT = 12;
/** And of horizons at coarser resolutions, which a map goes through as it is zoomed. */
const COARSE_VIEWS_KEPT = 36;

export interface SurfaceHead {
  namespaceId: string;
  eventType: string;
  version: number;
  modelVersion: string;
  issuedAt: Date;
  dataUntil: Date;
}

/** A surface in memory: any horizon of it as typed arrays, without a store. Immutable; a new one takes its place whole. */
export class LiveSurface {
  readonly surface: Surface;
  /** What drawing needs of the cells. */
  readonly tiles: RegionTiles;
  private readonly views = new Map<number, RiskView>();
  private readonly coarseViews = new Map<string, RiskView>();

  /** @param artefact the model the surface was computed from; surfaces of one model share it */
  constructor(
    readonly head: SurfaceHead,
    payload: Uint8Array,
    readonly artefact: Artefact,
  ) {
    this.surface = deserialiseSurface(payload, artefact.model.region);
    this.tiles = RegionTiles.of(artefact.model.region);
  }

  /** Works out what maps and tiles of the usual horizon need, so that no request waits for it. */
  async prepare(): Promise<void> {
    await this.tiles.prepare();
    for (const resolution of this.tiles.shownResolutions()) {
      this.viewAt(USUAL_HORIZON, resolution);
      await setImmediate();
    }
  }

  covers(cell: string): boolean {
    return this.surface.region.indexOf(cell) >= 0;
  }

  /** @param horizon whole hours, 1 to 720 */
  view(horizon: number): RiskView {
    const known = this.views.get(horizon);
    if (known) return known;
    const { region } = this.surface;
    const slice = { cells: region.cells, ...surfaceAt(this.surface, horizon, this.artefact.severity) };
    const view = new RiskView(slice, horizon, (cell) => region.indexOf(cell));
    keep(this.views, horizon, view, VIEWS_KEPT);
    return view;
  }

  /** A view at the surface's resolution or a coarser one. */
  viewAt(horizon: number, resolution: number): RiskView {
    if (resolution === this.tiles.resolution) return this.view(horizon);
    const key = `${horizon}/${resolution}`;
    const known = this.coarseViews.get(key);
    if (known) return known;
    const view = coarsen(this.view(horizon), resolution, this.tiles.grouping(resolution));
    keep(this.coarseViews, key, view, COARSE_VIEWS_KEPT);
    return view;
  }
}

/** Adds to a map that holds so many and lets the oldest go. */
function keep<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  const oldest = map.keys().next();
  if (map.size >= most && !oldest.done) map.delete(oldest.value);
  map.set(key, value);
}
