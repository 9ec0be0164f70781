import { deserialiseSurface, type Surface, surfaceAt } from '#forecast';
import type { Artefact } from '../models/artefact.js';
import { RiskView } from './risk-view.js';

/** Views of different horizons kept at once; maps are asked for at a handful. */
const VIEWS_KEPT = 12;

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
  private readonly views = new Map<number, RiskView>();

  /** @param artefact the model the surface was computed from; surfaces of one model share it */
  constructor(
    readonly head: SurfaceHead,
    payload: Uint8Array,
    readonly artefact: Artefact,
  ) {
    this.surface = deserialiseSurface(payload, artefact.model.region);
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
    const oldest = this.views.keys().next().value;
    if (this.views.size >= VIEWS_KEPT && oldest !== undefined) this.views.delete(oldest);
    this.views.set(horizon, view);
    return view;
  }
}
