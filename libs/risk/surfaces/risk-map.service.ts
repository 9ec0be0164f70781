import { Injectable } from '@nestjs/common';
import type { AccessContext } from '#access';
import type { RiskMap, RiskMapQuery } from '#contracts';
import { type AnswerFormat, AppError, bodyOfRows, type Formatted, requestContext } from '#platform';
import type { LiveSurface } from './live-surface.js';
import { LiveSurfaces } from './live-surfaces.js';
import { selectCells } from './risk-map.js';
import { riskMapTable } from './risk-map.table.js';
import { polygonOf } from './tiles/region-tiles.js';

const HOUR_MS = 3_600_000;
/** Of a namespace, whoever asks. */
type Of = Pick<AccessContext, 'namespace'>;

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
  map(access: Of, query: RiskMapQuery): RiskMap {
    return this.mapOf(this.surface(access, query), access, query);
  }

  /** The map as rows or as GeoJSON; its frame goes with them where the format has a place for it. */
  formatted(access: Of, query: RiskMapQuery, format: AnswerFormat): Promise<Formatted> {
    const surface = this.surface(access, query);
    const { cells, ...members } = this.mapOf(surface, access, query);
    const { tiles } = surface;
    const { region } = surface.surface;
    const polygon =
      members.resolution === tiles.resolution ? (cell: string) => tiles.polygon(region.indexOf(cell)) : polygonOf;
    return bodyOfRows(format, riskMapTable(polygon), cells, { members, fields: fieldsOfCells() });
  }

  private surface({ namespace }: Of, query: RiskMapQuery): LiveSurface {
    return this.surfaces.require(namespace.namespaceId, query.event_type);
  }

  private mapOf(surface: LiveSurface, { namespace }: Of, query: RiskMapQuery): RiskMap {
    const own = surface.tiles.resolution;
    const resolution = query.resolution ?? own;
    if (resolution > own)
      throw new AppError('RESOLUTION_TOO_FINE', `The surface has resolution ${own}; ask for it or a coarser one`, {
        errors: [{ path: 'resolution', message: `at most ${own}` }],
      });
    const selection = { bbox: query.bbox, minLevel: query.min_level };
    const centers = query.bbox && surface.tiles.cells(resolution).centers;
    const cells = selectCells(surface.viewAt(query.horizon, resolution), namespace.levels, selection, centers);
    return { ...frameOf(surface, query.horizon), resolution, cell_count: cells.length, cells };
  }
}

/** What `fields=` chose of the cells; the rest of a map is not written in rows. */
function fieldsOfCells() {
  const fields = requestContext()?.fields;
  if (!fields) return undefined;
  const { cells } = fields;
  return cells === true ? undefined : (cells ?? {});
}
