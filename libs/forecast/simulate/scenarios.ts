import type { Model } from '../process/model.js';
import { combineSeeds, createRandom, type Random } from '../random.js';
import { type AmountSeverity, sampleAmount } from '../severity/index.js';
import { cumulativeTable, drawIndex, drawSeasonTime, Offspring } from './cascade.js';
import { averageKernel } from './later.js';
import type { Surface } from './surface.js';

/** One way the time until the horizon may go, for the requested cells. */
export interface Scenario {
  readonly id: number;
  /** Events in each requested cell. */
  readonly counts: Uint32Array;
  /** Summed amounts in each; 0 without a severity. */
  readonly losses: Float64Array;
}

export interface ScenarioOptions {
  severity?: AmountSeverity;
}

/**
 * Draws scenarios for some cells by simulating the branching process where it can reach them: the cells themselves and every cell
 * within the space kernel's rings. Background events and the direct successors of the whole history (the surface knows them, wherever
 * the history lies) start there, and their successors are followed while they stay there. Left out are only chains that leave this
 * neighbourhood and come back, and later generations that arrive over the parent cells: a small part of what is itself the smaller
 * part. The cost grows with the neighbourhood, not with the region: about 60 cells for a single one.
 *
 * Cells drawn together are drawn jointly: clusters reach across them. A scenario depends on the seed, its number and the requested
 * cells. Its spread is that of the process; the surface's quantiles also hold what past forecasts missed (their dispersion).
 *
 * @param cells region indexes, each at most once.
 * @throws {RangeError} cell or horizon out of range.
 */
export function scenarios(
  model: Model,
  surface: Surface,
  cells: ArrayLike<number>,
  horizon: number,
  count: number,
  seed: number,
  options: ScenarioOptions = {},
): Scenario[] {
  if (!Number.isInteger(horizon) || horizon < 1 || horizon > surface.maxHorizon) {
    throw new RangeError(`horizon must be a whole number of hours from 1 to ${surface.maxHorizon}, got ${horizon}`);
  }
  const source = new Neighbourhood(model, surface, cells, horizon);
  return Array.from({ length: count }, (_, id) => {
    const random = createRandom(combineSeeds(seed, id));
    const counts = source.draw(random);
    const losses = new Float64Array(counts.length);
    if (options.severity !== undefined) {
      for (let i = 0; i < counts.length; i++) {
        for (let k = 0; k < counts[i]!; k++) losses[i]! += sampleAmount(options.severity, cells[i]!, random);
      }
    }
    return { id, counts, losses };
  });
}

class Neighbourhood {
  /** Position among the requested cells, -1 for the others around them; missing outside. */
  private readonly requested = new Map<number, number>();
  private readonly members: number[] = [];
  private readonly backgroundMean: number;
  private readonly backgroundTable: Float64Array;
  private readonly directMean: number;
  private readonly directTable: Float64Array;
  private readonly reach: Float64Array;
  private readonly offspring: Offspring;

  constructor(
    private readonly model: Model,
    private readonly surface: Surface,
    cells: ArrayLike<number>,
    private readonly horizon: number,
  ) {
    const { region } = model;
    const { rings, ringStart, ringCells } = region;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i]!;
      if (!(cell >= 0 && cell < region.size))
        throw new RangeError(`cell ${cell} is not in the region of ${region.size} cells`);
      if (this.requested.get(cell) === undefined) this.members.push(cell);
      this.requested.set(cell, i);
    }
    for (let i = 0; i < cells.length; i++) {
      const start = cells[i]! * (rings + 1);
      for (let k = ringStart[start + 1]!; k < ringStart[start + rings + 1]!; k++) {
        const near = ringCells[k]!;
        if (this.requested.has(near)) continue;
        this.requested.set(near, -1);
        this.members.push(near);
      }
    }
    const season = surface.seasonHours[horizon]!;
    this.backgroundTable = cumulativeTable(this.members.map((cell) => surface.background[cell]! * season));
    this.backgroundMean = this.backgroundTable[this.members.length - 1]!;
    const J = surface.rates.length;
    this.reach = surface.rates.map((rate) => -Math.expm1(-rate * horizon));
    const direct = new Float64Array(this.members.length * J);
    this.members.forEach((cell, i) => {
      for (let j = 0; j < J; j++) direct[i * J + j] = surface.direct[cell * J + j]! * this.reach[j]!;
    });
    this.directTable = cumulativeTable(direct);
    this.directMean = this.directTable[direct.length - 1]!;
    // Marks of events to come are not known: the average kernel stands for them, with the same expectation.
    const { ratio, time, space } = averageKernel(model);
    this.offspring = new Offspring(region, {
      halfLives: model.kernel.halfLives,
      knots: Float64Array.of(0),
      alpha: 0,
      referenceMark: 0,
      gain: Float64Array.of(ratio),
      timeWeights: time,
      spaceWeights: space,
    });
  }

  draw(random: Random): Uint32Array {
    const { members, surface, requested, horizon } = this;
    const J = surface.rates.length;
    let width = 0;
    for (const at of requested.values()) if (at >= width) width = at + 1;
    const counts = new Uint32Array(width);
    const end = surface.from + horizon;
    const times: number[] = [];
    const cells: number[] = [];
    const add = (time: number, cell: number): void => {
      const at = requested.get(cell);
      if (at === undefined) return;
      if (at >= 0) counts[at]!++;
      times.push(time);
      cells.push(cell);
    };
    for (let i = random.poisson(this.backgroundMean); i > 0; i--) {
      const cell = members[drawIndex(this.backgroundTable, random)]!;
      add(drawSeasonTime(this.model.season, surface.from, end, random), cell);
    }
    for (let i = random.poisson(this.directMean); i > 0; i--) {
      const k = drawIndex(this.directTable, random);
      const j = k % J;
      add(surface.from - Math.log1p(-random.next() * this.reach[j]!) / surface.rates[j]!, members[Math.floor(k / J)]!);
    }
    for (let i = 0; i < times.length; i++) {
      this.offspring.ofEvent(times[i]!, cells[i]!, 0, end, random, ({ time, cell }) => {
        if (cell >= 0) add(time, cell);
      });
    }
    return counts;
  }
}
