import { setImmediate as nextTurn } from 'node:timers/promises';
import { MAX_TARGET_CELLS, type TargetShape } from '#contracts';
import { boundsOf, coverInSteps, polygonProblems, TooManyCellsError } from '#geo';
import { AppError } from '#platform';
import type { TargetEntity } from './target.entity.js';
import { encodeWeights } from './weights.js';

/** The columns of a target's row that follow from its shape. */
export type Placed = Pick<
  TargetEntity,
  'shape' | 'bounds' | 'mainCell' | 'cellsCount' | 'areaKm2' | 'cells' | 'weights'
>;

/**
 * Lays a shape on the namespace's grid. Gives way to other work between steps of some milliseconds.
 * @param path of the shape in the request, for the errors: `shape`, `targets.3.shape`
 * @throws AppError SHAPE_INVALID, SHAPE_TOO_LARGE
 */
export async function place(shape: TargetShape, resolution: number, path: string): Promise<Placed> {
  requirePolygon(shape, path);
  const steps = coverInSteps(shape, resolution, MAX_TARGET_CELLS);
  try {
    let step = steps.next();
    while (!step.done) {
      await nextTurn();
      step = steps.next();
    }
    const cover = step.value;
    const { west, width, south, north } = boundsOf(shape);
    const largest = cover.parts.reduce((best, part, i) => (part > (cover.parts[best] ?? 0) ? i : best), 0);
    return {
      shape,
      bounds: `(${west + width},${north}),(${west},${south})`,
      mainCell: cover.cells[largest] ?? '',
      cellsCount: cover.cells.length,
      areaKm2: cover.areaKm2,
      ...encodeWeights(cover),
    };
  } catch (error) {
    if (!(error instanceof TooManyCellsError)) throw error;
    throw new AppError(
      'SHAPE_TOO_LARGE',
      `A target lies in at most ${MAX_TARGET_CELLS} cells, at resolution ${resolution} that is a circle of about ` +
        `${radiusOf(MAX_TARGET_CELLS, resolution)} km: make it smaller, or several of it`,
      { errors: [{ path, message: `covers more than ${MAX_TARGET_CELLS} cells of resolution ${resolution}` }] },
    );
  }
}

function requirePolygon(shape: TargetShape, path: string): void {
  if (shape.type !== 'polygon') return;
  const problems = polygonProblems(shape.coordinates);
  if (problems.length === 0) return;
  throw new AppError('SHAPE_INVALID', 'The polygon is not one that can be measured', {
    errors: problems.map((problem) => ({ path: `${path}.${problem.path}`, message: problem.message })),
  });
}

/** Radius of a circle of so many average cells, km, to two digits. */
function radiusOf(cells: number, resolution: number): number {
  const EARTH_KM2 = 510_065_600;
  const cellsOfTheEarth = 2 + 120 * 7 ** resolution;
  return Number(Math.sqrt((cells * EARTH_KM2) / cellsOfTheEarth / Math.PI).toPrecision(2));
}
