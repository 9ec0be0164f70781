import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Level, LevelThresholds } from '#contracts';
import { Postgres } from '#platform';
import type { LiveSurface } from '../surfaces/live-surface.js';
import { atLeast, levelOf } from '../surfaces/levels.js';
import { forecastOf } from './target-forecast.js';
import { weighed, type WeighedTarget, type WeightsRow } from './weights.js';

/** Targets looked at together. */
const PAGE = 1_000;
/** Weights kept from one surface to the next; targets beyond it are read again each time. */
const KEPT_BYTES = 64 * 2 ** 20;
/** Weights read by one query. */
const READ_CELLS = 500_000;

/** A target at or over its threshold of HIGH. */
interface HotTarget {
  targetId: string;
  /** The cell that holds most of it. */
  cell: string;
  level: Level;
  pEvent: number;
  expectedCount: number;
}

/** What a surface says of all targets of a namespace. */
export interface TargetFindings {
  hot: HotTarget[];
  /** Targets whose live risks stay: those not below the threshold by the margin. */
  staying: Set<string>;
}

interface Head {
  target_id: string;
  version: number;
  main_cell: string;
  cells_count: number;
}

/** Looks at every target of a namespace when a surface is made. */
@Injectable()
export class WatchedTargets {
  private readonly kept = new LRUCache<string, WeighedTarget>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ weights }) => weights.bytes,
  });

  constructor(private readonly postgres: Postgres) {}

  /**
   * @param horizon hours
   * @param hysteresis a live risk stays down to this share of the threshold that opens one
   */
  async find(
    surface: LiveSurface,
    horizon: number,
    levels: LevelThresholds,
    hysteresis: number,
  ): Promise<TargetFindings> {
    const { namespaceId } = surface.head;
    const view = surface.view(horizon);
    const findings: TargetFindings = { hot: [], staying: new Set() };
    let after = '';
    for (;;) {
      const heads = await this.postgres.manager.query<Head[]>(
        `SELECT target_id, version, main_cell, cells_count FROM targets
         WHERE namespace_id = $1 AND target_id > $2 ORDER BY target_id LIMIT ${PAGE}`,
        [namespaceId, after],
      );
      for (const batch of byCells(heads)) {
        const targets = await this.read(namespaceId, batch);
        for (const head of batch) {
          const target = targets.get(head.target_id);
          if (!target) continue;
          const forecast = forecastOf(target.weights, target.weights.positions(surface.surface.region), view);
          const thresholds = target.levels ?? levels;
          if (!forecast || forecast.pEvent < hysteresis * thresholds.HIGH) continue;
          findings.staying.add(head.target_id);
          const level = levelOf(forecast.pEvent, thresholds);
          const { pEvent, expectedCount } = forecast;
          if (atLeast(level, 'HIGH'))
            findings.hot.push({ targetId: head.target_id, cell: head.main_cell, level, pEvent, expectedCount });
        }
      }
      if (heads.length < PAGE) return findings;
      after = heads.at(-1)?.target_id ?? '';
    }
  }

  /** Those that are kept from before and unchanged, and the others from the store. */
  private async read(namespaceId: string, heads: Head[]): Promise<Map<string, WeighedTarget>> {
    const found = new Map<string, WeighedTarget>();
    const missing: string[] = [];
    for (const { target_id, version } of heads) {
      const known = this.kept.get(`${namespaceId} ${target_id}`);
      if (known?.version === version) found.set(target_id, known);
      else missing.push(target_id);
    }
    if (missing.length === 0) return found;
    const rows = await this.postgres.manager.query<WeightsRow[]>(
      `SELECT target_id, version, levels, cells, weights FROM targets
       WHERE namespace_id = $1 AND target_id = ANY ($2)`,
      [namespaceId, missing],
    );
    for (const row of rows) {
      const target = weighed(row);
      this.kept.set(`${namespaceId} ${row.target_id}`, target);
      found.set(row.target_id, target);
    }
    return found;
  }
}

/** Cuts a page so that the weights of each piece fit into memory. */
function byCells(heads: Head[]): Head[][] {
  const batches: Head[][] = [];
  let cells = Infinity;
  for (const head of heads) {
    cells += head.cells_count;
    if (cells > READ_CELLS) {
      batches.push([]);
      cells = head.cells_count;
    }
    batches.at(-1)?.push(head);
  }
  return batches;
}
