import { Injectable } from '@nestjs/common';
import type { AccessContext } from '#access';
import type { RiskMap, RiskMapGeoJson, RiskMapQuery } from '#contracts';
import { cellFeature, resolutionOf } from '#geo';
import { AppError } from '#platform';
import type { LiveSurface } from './live-surface.js';
import { LiveSurfaces } from './live-surfaces.js';
import { coarsen, selectCells } from './risk-map.js';

const HOUR_MS = 3_600_000;

/** What every answer of a forecast says of where it comes from. */
export function frameOf({ head }: LiveSurface, horizon: number) {
  return {
    model_version: head.modelVersion,
    event_type: head.eventType,
    issued_at: head.issuedAt.toISOString(),
    valid_from: head.issuedAt.toISOString(),
    valid_to: new Date(head.issuedAt.getTime() + horizon * HOUR_MS).toISOString(),
    data_until: head.dataUntil.toISOString(),
    horizon_hours: horizon,
  };
}

@Injectable()
export class RiskMapService {
  constructor(private readonly surfaces: LiveSurfaces) {}

  /** @throws AppError SURFACE_NOT_READY, EVENT_TYPE_AMBIGUOUS, RESOLUTION_TOO_FINE */
  map(access: AccessContext, query: RiskMapQuery): RiskMap {
    const { namespace } = access;
    const surface = this.surfaces.require(namespace.namespaceId, query.event_type);
    const own = resolutionOf(surface.surface.region.cells[0] ?? '');
    const resolution = query.resolution ?? own;
    if (resolution > own)
      throw new AppError('RESOLUTION_TOO_FINE', `The surface has resolution ${own}; ask for it or a coarser one`, {
        errors: [{ path: 'resolution', message: `at most ${own}` }],
      });
    const view = surface.view(query.horizon);
    const shown = resolution === own ? view : coarsen(view, resolution);
    const cells = selectCells(shown, namespace.levels, { bbox: query.bbox, minLevel: query.min_level });
    return { ...frameOf(surface, query.horizon), resolution, cell_count: cells.length, cells };
  }

  geoJson(access: AccessContext, query: RiskMapQuery): RiskMapGeoJson {
    const { cells, ...frame } = this.map(access, query);
    return { type: 'FeatureCollection', ...frame, features: cells.map((cell) => cellFeature(cell.cell, cell)) };
  }
}
