import { Injectable } from '@nestjs/common';
import { gridDisk, gridRing } from 'h3-js';
import { z } from 'zod';
import type { AccessContext, NamespaceEntity } from '#access';
import {
  ALL_EVENT_TYPES,
  type CellFeatures,
  type CellFeaturesQuery,
  type FeatureSnapshot,
  type SnapshotQuery,
} from '#contracts';
import { ClickHouse, Cursors } from '#platform';
import { CellsService } from '../cells/cells.service.js';
import { requireCell } from '../cells/require-cell.js';
import { EventsService } from '../events/events.service.js';
import {
  cellsWithEvents,
  type FeatureParams,
  type FeatureRow,
  hourOfWeek,
  windowedFeatures,
} from './features.queries.js';
import { hourOfWeekAt } from './hour-of-week.js';

const RINGS = [1, 2] as const;
/** With their rings up to 19 cells each, of 18 characters: a server takes a parameter of 128 KB. */
const CELLS_AT_ONCE = 350;
type Windowed = CellFeatures['counts'];

@Injectable()
export class FeaturesService {
  constructor(
    private readonly clickhouse: ClickHouse,
    private readonly events: EventsService,
    private readonly cells: CellsService,
    private readonly cursors: Cursors,
  ) {}

  /** @throws AppError CELL_INVALID, CELL_RESOLUTION_WRONG, CELL_UNKNOWN */
  async ofCell(access: AccessContext, cell: string, query: CellFeaturesQuery, now = Date.now()): Promise<CellFeatures> {
    const { namespace } = access;
    requireCell(cell, namespace.h3Resolution);
    await this.cells.requireCovered(namespace, cell);
    const type = await this.events.resolveType(namespace.namespaceId, query.event_type);
    const at = query.at === undefined ? now : Date.parse(query.at);
    const [features] = await this.read(namespace, type, [cell], at);
    if (!features) throw new Error('No features for a cell that was asked for');
    return features;
  }

  /** The features of every cell that has events, in the order of the cells. */
  async snapshot(access: AccessContext, query: SnapshotQuery, now = Date.now()): Promise<FeatureSnapshot> {
    const { namespace } = access;
    const type = await this.events.resolveType(namespace.namespaceId, query.event_type);
    const list = this.cursors.of('features', namespace.namespaceId, { ...query, event_type: type });
    const after = list.after(query.cursor, z.tuple([z.number(), z.string().regex(/^8[0-9a-f]{14}$/)]));
    // All pages of a snapshot are of one time: the first page's, which the cursor carries.
    const at = after?.[0] ?? (query.time === undefined ? now : Date.parse(query.time));
    const rows = await this.clickhouse.query(cellsWithEvents, {
      namespace: namespace.namespaceId,
      ...typeFilter(type),
      after: after?.[1] ?? '',
      limit: query.limit + 1,
    });
    const cells = rows.slice(0, query.limit).map(({ cell }) => cell);
    const more = rows.length > query.limit;
    return {
      at: new Date(at).toISOString(),
      event_type: type,
      data: await this.read(namespace, type, cells, at),
      page: { limit: query.limit, next_cursor: more ? list.encode([at, cells.at(-1)]) : null, has_more: more },
    };
  }

  private async read(namespace: NamespaceEntity, type: string, cells: string[], at: number): Promise<CellFeatures[]> {
    const all: CellFeatures[] = [];
    for (let from = 0; from < cells.length; from += CELLS_AT_ONCE)
      all.push(...(await this.readSome(namespace, type, cells.slice(from, from + CELLS_AT_ONCE), at)));
    return all;
  }

  private async readSome(
    namespace: NamespaceEntity,
    type: string,
    cells: string[],
    at: number,
  ): Promise<CellFeatures[]> {
    const neighbourhood = [...new Set(cells.flatMap((cell) => gridDisk(cell, RINGS[RINGS.length - 1] ?? 0)))];
    const params: FeatureParams = {
      namespace: namespace.namespaceId,
      ...typeFilter(type),
      all_cells: 0,
      cells: neighbourhood,
      at,
    };
    const index = hourOfWeekAt(at, namespace.timeZone);
    const [windows, hours] = await Promise.all([
      this.clickhouse.query(windowedFeatures, params),
      this.clickhouse.query(hourOfWeek, { ...params, cells, zone: namespace.timeZone, hour_of_week: index }),
    ]);
    const byCell = new Map(windows.map((row) => [row.cell, row]));
    const hourByCell = new Map(hours.map((row) => [row.cell, row]));
    return cells.map((cell) => {
      const own = byCell.get(cell);
      const hour = hourByCell.get(cell);
      return {
        cell,
        at: new Date(at).toISOString(),
        event_type: type,
        counts: windowed('count', own ? [own] : []),
        sums: windowed('sum', own ? [own] : []),
        rings: RINGS.map((ring) => {
          const ringCells = gridRing(cell, ring);
          const rows = ringCells.flatMap((neighbour) => byCell.get(neighbour) ?? []);
          return { ring, cells: ringCells.length, counts: windowed('count', rows), sums: windowed('sum', rows) };
        }),
        hour_of_week: { index, count: hour?.count ?? 0, share: hour && hour.total > 0 ? hour.count / hour.total : 0 },
      };
    });
  }
}

const typeFilter = (type: string) => ({ all_types: type === ALL_EVENT_TYPES ? 1 : 0, type });

function windowed(kind: 'count' | 'sum', rows: FeatureRow[]): Windowed {
  const total = (window: '1h' | '24h' | '7d' | '28d') =>
    rows.reduce((sum, row) => sum + Number(row[`${kind}_${window}`]), 0);
  return { '1h': total('1h'), '24h': total('24h'), '7d': total('7d'), '28d': total('28d') };
}
