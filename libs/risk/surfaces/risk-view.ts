import { percentiles } from './ranks.js';

/** What a surface says for one horizon, as arrays with one entry per cell. */
export interface RiskSlice {
  readonly cells: readonly string[];
  readonly dispersion: number;
  readonly expectedCount: Float64Array;
  readonly pEvent: Float64Array;
  readonly q05: Uint32Array;
  readonly q50: Uint32Array;
  readonly q95: Uint32Array;
  readonly expectedLoss: Float64Array;
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
