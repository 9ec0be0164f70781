import { Injectable } from '@nestjs/common';
import { cellArea, cellToBoundary, cellToLatLng, gridDisk, UNITS } from 'h3-js';
import type { AccessContext, NamespaceEntity } from '#access';
import type { CellDetail, CellQuery } from '#contracts';
import { AppError, ClickHouse } from '#platform';
import { LiveSurfaces } from '../surfaces/live-surfaces.js';
import { presentCellRisk } from '../surfaces/present.js';
import { cellEventTypes } from './cells.queries.js';
import { requireCell } from './require-cell.js';

const SHOWN_HORIZON = 24;

@Injectable()
export class CellsService {
  constructor(
    private readonly clickhouse: ClickHouse,
    private readonly surfaces: LiveSurfaces,
  ) {}

  async detail(access: AccessContext, cell: string, query: CellQuery): Promise<CellDetail> {
    const { namespace } = access;
    requireCell(cell, namespace.h3Resolution);
    const types = await this.clickhouse.query(cellEventTypes, { namespace: namespace.namespaceId, cell });
    const surface = this.surfaces.find(namespace.namespaceId, query.event_type);
    const view = surface?.view(SHOWN_HORIZON);
    const index = view?.indexOf(cell) ?? -1;
    if (types.length === 0 && index < 0) throw unknownCell(cell);
    const [lat, lon] = cellToLatLng(cell);
    return {
      cell,
      resolution: namespace.h3Resolution,
      center: { lat, lon },
      boundary: cellToBoundary(cell, true),
      neighbors: gridDisk(cell, 1).filter((other) => other !== cell),
      area_km2: cellArea(cell, UNITS.km2),
      event_types: types.map(({ event_type, events, last }) => ({
        event_type,
        events,
        last: new Date(Number(last)).toISOString(),
      })),
      risk: view && index >= 0 ? presentCellRisk(view, index, namespace.levels) : null,
    };
  }

  /**
   * A cell that neither a surface nor an event of the namespace covers is none of its business.
   * @throws AppError CELL_UNKNOWN
   */
  async requireCovered(namespace: NamespaceEntity, cell: string): Promise<void> {
    if (this.surfaces.covers(namespace.namespaceId, cell)) return;
    const types = await this.clickhouse.query(cellEventTypes, { namespace: namespace.namespaceId, cell });
    if (types.length === 0) throw unknownCell(cell);
  }
}

function unknownCell(cell: string): AppError {
  return new AppError('CELL_UNKNOWN', `No event and no surface of this namespace covers ${cell}`, {
    errors: [{ path: 'cell', message: 'is not covered' }],
  });
}
