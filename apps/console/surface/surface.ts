import { type CellRisk, type Level, LEVELS, type LevelThresholds, type RiskMap } from '#contracts';

/** After this long without a new surface the page says that it is old. */
export const STALE_AFTER_MS = 15 * 60_000;

export interface SurfaceSummary {
  readonly counts: Readonly<Record<Level, number>>;
  /** Events expected in the whole surface within the horizon. */
  readonly expected: number;
  readonly highestP: number;
}

export function summarize(cells: readonly CellRisk[]): SurfaceSummary {
  const counts: Record<Level, number> = { LOW: 0, MODERATE: 0, HIGH: 0, CRITICAL: 0 };
  let expected = 0;
  let highestP = 0;
  for (const cell of cells) {
    counts[cell.level]++;
    expected += cell.expected_count;
    if (cell.p_event > highestP) highestP = cell.p_event;
  }
  return { counts, expected, highestP };
}

/** The `n` cells of highest p_event; equal ones by expected count, then by index, so that the order never flickers. */
export function highest(cells: readonly CellRisk[], n: number): CellRisk[] {
  const before = (a: CellRisk, b: CellRisk) =>
    b.p_event - a.p_event || b.expected_count - a.expected_count || (a.cell < b.cell ? -1 : a.cell > b.cell ? 1 : 0);
  const top: CellRisk[] = [];
  for (const cell of cells) {
    if (top.length === n && before(cell, top[n - 1] as CellRisk) >= 0) continue;
    const at = top.findIndex((other) => before(cell, other) < 0);
    top.splice(at === -1 ? top.length : at, 0, cell);
    if (top.length > n) top.pop();
  }
  return top;
}

/** The range of p_event a level covers: from, included, to, excluded but for the last. */
export function rangeOf(level: Level, thresholds: LevelThresholds): readonly [number, number] {
  const bounds = [0, thresholds.MODERATE, thresholds.HIGH, thresholds.CRITICAL, 1];
  const at = LEVELS.indexOf(level);
  return [bounds[at] as number, bounds[at + 1] as number];
}

/**
 * Where a cell stands on the colour scale: the level's position (0–3) plus its place within the level (0 to below 1),
 * by the square root of p_event between the level's bounds. The upper bound is no higher than the highest p of the
 * surface, so that a map with LOW cells alone (short horizons) still tells the higher from the lower.
 */
export function shadeOf(
  { level, p_event }: Pick<CellRisk, 'level' | 'p_event'>,
  thresholds: LevelThresholds,
  highestP: number,
): number {
  const [from, to] = rangeOf(level, thresholds);
  const top = Math.max(from, Math.min(to, highestP));
  const within = top > from ? Math.sqrt(Math.max(0, Math.min(1, (p_event - from) / (top - from)))) : 0;
  return LEVELS.indexOf(level) + within * 0.999;
}

export function isStale(map: Pick<RiskMap, 'issued_at'>, now: number): boolean {
  return now - Date.parse(map.issued_at) > STALE_AFTER_MS;
}
