import { Injectable } from '@nestjs/common';
import type { AccessContext } from '#access';
import { type CellRisk, cellRisk, type RiskTileQuery, type TileAddress, type TileJson } from '#contracts';
import { encodeTile, MAX_ZOOM, numberOfCell, type TileFeature } from '#geo';
import { atLeast, levelOf } from '../levels.js';
import { LiveSurfaces } from '../live-surfaces.js';
import { presentCellRisk } from '../present.js';
import { deepestZoom } from './zoom.js';

/** The one layer of a tile. */
const LAYER = 'risk';
const KEYS = Object.keys(cellRisk.shape) as (keyof CellRisk)[];

/** The risk map as vector tiles, drawn from the surface in memory alone. */
@Injectable()
export class RiskTilesService {
  constructor(private readonly surfaces: LiveSurfaces) {}

  /**
   * A tile of the map; without bytes where there is nothing to show. It changes with the namespace's surface and levels
   * alone.
   * @throws AppError SURFACE_NOT_READY, EVENT_TYPE_AMBIGUOUS
   */
  tile({ namespace }: AccessContext, tile: TileAddress, query: RiskTileQuery): Buffer {
    const surface = this.surfaces.require(namespace.namespaceId, query.event_type);
    const resolution = surface.tiles.resolutionAt(tile.z);
    const view = surface.viewAt(query.horizon, resolution);
    const { min_level: least } = query;
    const wanted =
      least === undefined
        ? undefined
        : (index: number) => atLeast(levelOf(view.slice.pEvent[index] ?? 0, namespace.levels), least);
    const features = surface.tiles
      .cells(resolution)
      .inTile(tile, wanted)
      .map(({ index, rings }): TileFeature => {
        const risk = presentCellRisk(view, index, namespace.levels);
        return { id: numberOfCell(risk.cell), rings, values: KEYS.map((key) => risk[key]) };
      });
    const bytes = encodeTile({ name: LAYER, keys: KEYS, features });
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * What a map program needs to know of the tiles, as TileJSON 3.
   * @param tiles address of the tiles, with `{z}`, `{x}` and `{y}` in it
   * @throws AppError SURFACE_NOT_READY, EVENT_TYPE_AMBIGUOUS
   */
  tileJson({ namespace }: AccessContext, query: RiskTileQuery, tiles: string): TileJson {
    const surface = this.surfaces.require(namespace.namespaceId, query.event_type);
    const { eventType, modelVersion } = surface.head;
    const deepest = Math.min(MAX_ZOOM, deepestZoom(surface.tiles.resolution));
    return {
      tilejson: '3.0.0',
      name: `Risk of ${eventType} within ${query.horizon} h`,
      description: `Forecast of ${modelVersion} for every cell of the namespace ${namespace.namespaceId}`,
      scheme: 'xyz',
      tiles: [tiles],
      minzoom: 0,
      maxzoom: deepest,
      bounds: surface.tiles.cells().bounds(),
      vector_layers: [
        {
          id: LAYER,
          description:
            'Cells with their forecast; at low zooms their parents with the forecast of all cells below them',
          minzoom: 0,
          maxzoom: deepest,
          fields: FIELDS,
        },
      ],
    };
  }
}

const FIELDS: Record<keyof CellRisk, string> = {
  cell: 'String: H3 index',
  p_event: 'Number: probability of at least one event, 0 to 1',
  expected_count: 'Number: expected number of events',
  q05: 'Number: 5 % quantile of the number of events',
  q50: 'Number: median of the number of events',
  q95: 'Number: 95 % quantile of the number of events',
  expected_loss: 'Number: expected loss',
  risk_score: 'Number: percentile within the map, 0 to 100',
  level: 'String: LOW, MODERATE, HIGH or CRITICAL',
};
