import { InvalidArgument, requireRates, requireSameLength } from '../distributions/check.js';

/** Hits in the flagged part of one map. */
export interface AreaHits {
  /** Events in the flagged area; not whole where the last flagged cells are shared. */
  readonly hits: number;
  /** Most hits that area could have had, with the cells chosen afterwards. */
  readonly bestHits: number;
  readonly events: number;
  /** Share of the area flagged, 0 to 1. */
  readonly areaShare: number;
}

/** Prediction accuracy index and prediction efficiency index. */
export interface AreaScore extends AreaHits {
  /** (hits / events) / (area flagged / area); NaN without events. */
  readonly pai: number;
  /** PAI over the best PAI possible with that area, 0 to 1; NaN without events. */
  readonly pei: number;
}

/**
 * Hits of the area with the highest `score` per unit of area, up to `limit` of area. Cells that tie are flagged
 * together in the share of their area that is left: what a random choice among them would hit on average, so that the
 * result depends neither on the order of the cells nor on luck.
 */
function hitsOfTop(score: ArrayLike<number>, observed: ArrayLike<number>, areas: Float64Array, limit: number): number {
  const n = score.length;
  const density = Float64Array.from({ length: n }, (_, i) => (score[i] as number) / (areas[i] as number));
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort(
    (i, j) => (density[j] as number) - (density[i] as number),
  );
  let left = limit;
  let hits = 0;
  for (let start = 0; start < n && left > 0;) {
    const value = density[order[start] as number] as number;
    let end = start;
    let area = 0;
    let events = 0;
    for (; end < n && density[order[end] as number] === value; end++) {
      area += areas[order[end] as number] as number;
      events += observed[order[end] as number] as number;
    }
    const share = Math.min(1, left / area);
    hits += share * events;
    left -= area;
    start = end;
  }
  return hits;
}

/**
 * Flags the share `areaShare` of the area with the highest forecast density and counts what falls there (PAI: Chainey,
 * Tompson and Uhlig 2008; PEI: Hunt 2016, as in the NIJ forecasting challenge).
 *
 * @param expected forecast per cell, finite and not negative; only its order per unit of area counts.
 * @param observed events per cell, finite and not negative.
 * @param areaShare above 0, at most 1.
 * @param areas area of each cell, all above 0; left out, all cells are alike.
 */
export function areaScore(
  expected: ArrayLike<number>,
  observed: ArrayLike<number>,
  areaShare: number,
  areas?: ArrayLike<number>,
): AreaScore {
  requireSameLength('observed', observed, 'expected', expected);
  requireRates('expected', expected);
  requireRates('observed', observed);
  if (!(areaShare > 0 && areaShare <= 1)) {
    throw new InvalidArgument('areaShare', `must be above 0 and at most 1, got ${String(areaShare)}`);
  }
  const size = areas === undefined ? new Float64Array(expected.length).fill(1) : Float64Array.from(areas);
  requireSameLength('areas', size, 'expected', expected);
  let area = 0;
  size.forEach((a, i) => {
    if (!(a > 0 && a < Infinity)) throw new InvalidArgument(`areas[${i}]`, `must be above 0, got ${String(a)}`);
    area += a;
  });
  let events = 0;
  for (let i = 0; i < observed.length; i++) events += observed[i] as number;
  const limit = areaShare * area;
  return scoreOf({
    hits: hitsOfTop(expected, observed, size, limit),
    bestHits: hitsOfTop(observed, observed, size, limit),
    events,
    areaShare,
  });
}

function scoreOf(found: AreaHits): AreaScore {
  const { hits, bestHits, events, areaShare } = found;
  return {
    ...found,
    pai: events === 0 ? Number.NaN : hits / events / areaShare,
    pei: events === 0 ? Number.NaN : hits / bestHits,
  };
}

/**
 * The score of several windows together: hits, best hits and events are added before the ratios are taken, so that
 * windows with few events do not weigh like those with many. All must have flagged the same share.
 */
export function combineAreaScores(windows: readonly AreaHits[]): AreaScore {
  const first = windows[0];
  if (first === undefined) throw new InvalidArgument('windows', 'must not be empty');
  let hits = 0;
  let bestHits = 0;
  let events = 0;
  windows.forEach((w, i) => {
    if (w.areaShare !== first.areaShare) {
      throw new InvalidArgument(
        `windows[${i}].areaShare`,
        `is ${w.areaShare}, the first window's is ${first.areaShare}`,
      );
    }
    hits += w.hits;
    bestHits += w.bestHits;
    events += w.events;
  });
  return scoreOf({ hits, bestHits, events, areaShare: first.areaShare });
}
