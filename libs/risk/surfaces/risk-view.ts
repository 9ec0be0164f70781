import type { SurfaceSlice } from '#forecast';
import { percentiles } from './ranks.js';

/** What a surface says for one horizon, as arrays with one entry per cell, and the cells. */
export interface RiskSlice extends Omit<SurfaceSlice, 'horizon'> {
  readonly cells: readonly string[];
}

/** A slice with what a look-up needs beside it: positions of cells, ranks, the regional mean. */
export class RiskView {
  readonly riskScore: Uint8Array;
  /** Mean expected count of a cell, to which `relative_risk` compares. */
  readonly meanCount: number;

  constructor(
    readonly slice: RiskSlice,
    readonly horizon: number,
    private readonly position: (cell: string) => number,
  ) {
    this.riskScore = percentiles(slice.expectedCount);
    let sum = 0;
    for (const count of slice.expectedCount) sum += count;
    this.meanCount = slice.cells.length === 0 ? 0 : sum / slice.cells.length;
  }

  /** Position of a cell in the arrays; −1 where the surface does not cover it. */
  indexOf(cell: string): number {
    return this.position(cell);
  }
}
