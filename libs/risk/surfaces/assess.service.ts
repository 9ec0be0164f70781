import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { AccessContext } from '#access';
import type { AssessAnswer, AssessInput, Assessment, Point, Scenario } from '#contracts';
import { scenarios } from '#forecast';
import { cellAt } from '#geo';
import { AppError, type FieldError } from '#platform';
import { requireCell } from '../cells/require-cell.js';
import type { LiveSurface } from './live-surface.js';
import { LiveSurfaces } from './live-surfaces.js';
import { presentCellRisk } from './present.js';
import { frameOf } from './risk-map.service.js';

interface Place {
  cell: string;
  point?: Point;
  path: string;
}

/** Answers from the surface in memory alone; no store is asked. */
@Injectable()
export class AssessService {
  constructor(private readonly surfaces: LiveSurfaces) {}

  /** @throws AppError SURFACE_NOT_READY, EVENT_TYPE_AMBIGUOUS, CELL_INVALID, CELL_RESOLUTION_WRONG, CELL_UNKNOWN */
  assess(access: AccessContext, input: AssessInput): AssessAnswer {
    const { namespace } = access;
    const surface = this.surfaces.require(namespace.namespaceId, input.event_type);
    const view = surface.view(input.horizon_hours);
    const places: Place[] = [
      ...input.points.map((point, i) => ({
        point,
        cell: cellAt(point.lat, point.lon, namespace.h3Resolution),
        path: `points.${i}`,
      })),
      ...input.cells.map((cell, i) => ({ cell: requireCell(cell, namespace.h3Resolution), path: `cells.${i}` })),
    ];
    refuseOutside(places, (cell) => view.indexOf(cell) >= 0);
    const drawn = this.draw(surface, input, places, (cell) => view.indexOf(cell));
    return {
      ...frameOf(surface, input.horizon_hours),
      assessments: places.map(({ cell, point }): Assessment => {
        const index = view.indexOf(cell);
        const relative = (view.slice.expectedCount[index] ?? 0) / (view.meanCount || 1);
        return {
          ...presentCellRisk(view, index, namespace.levels),
          ...(point ? { point } : {}),
          relative_risk: Math.round(relative * 1000) / 1000,
          ...(drawn ? { scenarios: drawn.get(cell) ?? [] } : {}),
        };
      }),
    };
  }

  /** Scenarios of all places together, for clusters reach across cells; the same seed draws the same. */
  private draw(
    surface: LiveSurface,
    input: AssessInput,
    places: Place[],
    indexOf: (cell: string) => number,
  ): Map<string, Scenario[]> | undefined {
    if (input.n_scenarios === 0) return undefined;
    const { artefact } = surface;
    const cells = [...new Set(places.map(({ cell }) => cell))];
    const seed = input.seed ?? randomInt(0xffff_ffff);
    const options = artefact.severity ? { severity: artefact.severity } : {};
    const drawn = scenarios(
      artefact.model,
      surface.surface,
      cells.map(indexOf),
      input.horizon_hours,
      input.n_scenarios,
      seed,
      options,
    );
    return new Map(
      cells.map((cell, i) => [
        cell,
        drawn.map(({ id, counts, losses }) => ({
          scenario_id: id,
          count: counts[i] ?? 0,
          // What the scenario costs; where events have no amounts, how many they are.
          risk_value: artefact.severity ? Math.round((losses[i] ?? 0) * 100) / 100 : (counts[i] ?? 0),
        })),
      ]),
    );
  }
}

function refuseOutside(places: Place[], covered: (cell: string) => boolean): void {
  const outside: FieldError[] = places
    .filter(({ cell }) => !covered(cell))
    .map(({ path, cell }) => ({ path, message: `lies in ${cell}, which the surface does not cover` }));
  if (outside.length > 0)
    throw new AppError(
      'CELL_UNKNOWN',
      `${outside.length} of ${places.length} places lie outside what the surface covers`,
      {
        errors: outside.slice(0, 100),
      },
    );
}
