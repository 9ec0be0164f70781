import type { LevelThresholds } from '#contracts';
import type { Cover } from '#geo';

/** Bytes a cell takes in memory: its index, two weights, and its position in a region. */
const BYTES_PER_CELL = 20;
const INDEX_BYTES = 8;

/** The part of a region that weights ask for. */
interface Cells {
  indexOf(cell: string): number;
}

/** Cells and weights as the columns of a target's row keep them; the form is described in the migration. */
export function encodeWeights(cover: Pick<Cover, 'cells' | 'shares' | 'parts'>): { cells: Buffer; weights: Buffer } {
  const n = cover.cells.length;
  const cells = Buffer.alloc(n * INDEX_BYTES);
  cover.cells.forEach((cell, i) => cells.writeBigUInt64BE(BigInt(`0x${cell}`), i * INDEX_BYTES));
  const weights = Buffer.alloc(n * 8);
  for (let i = 0; i < n; i++) {
    weights.writeFloatLE(cover.shares[i] ?? 0, i * 4);
    weights.writeFloatLE(cover.parts[i] ?? 0, (n + i) * 4);
  }
  return { cells, weights };
}

/** Which cells a target lies in, and with what weights. Immutable; a target that is changed gets others. */
export class TargetWeights {
  /** Part of each cell that is the target's, 0 to 1. */
  readonly shares: Float32Array;
  /** Part of the target that is in each cell; together 1. */
  readonly parts: Float32Array;
  private readonly cells: Buffer;
  private readonly placed = new WeakMap<Cells, Int32Array>();

  constructor({ cells, weights }: { cells: Buffer; weights: Buffer }) {
    const n = cells.length / INDEX_BYTES;
    if (!Number.isInteger(n) || weights.length !== n * 8) throw new Error('The weights of a target are damaged');
    this.cells = cells;
    this.shares = new Float32Array(n);
    this.parts = new Float32Array(n);
    for (let i = 0; i < n; i++) {
      this.shares[i] = weights.readFloatLE(i * 4);
      this.parts[i] = weights.readFloatLE((n + i) * 4);
    }
  }

  get bytes(): number {
    return this.shares.length * BYTES_PER_CELL + 200;
  }

  /**
   * Position of each cell in a region; −1 where the region has it not. Found once for each region, which all surfaces
   * of a model share.
   */
  positions(region: Cells): Int32Array {
    const known = this.placed.get(region);
    if (known) return known;
    const positions = new Int32Array(this.shares.length);
    for (let i = 0; i < positions.length; i++)
      // 16 hexadecimal digits, of which a cell's name leaves the leading 0 out.
      positions[i] = region.indexOf(this.cells.toString('hex', i * INDEX_BYTES, (i + 1) * INDEX_BYTES).slice(1));
    this.placed.set(region, positions);
    return positions;
  }
}

/** What the risk of a target is made of beside the surface. */
export interface WeighedTarget {
  readonly targetId: string;
  readonly version: number;
  /** Of its own; null: the namespace's. */
  readonly levels: LevelThresholds | null;
  readonly weights: TargetWeights;
}

/** The row that {@link weighed} reads. */
export interface WeightsRow {
  target_id: string;
  version: number;
  levels: LevelThresholds | null;
  cells: Buffer;
  weights: Buffer;
}

export const weighed = (row: WeightsRow): WeighedTarget => ({
  targetId: row.target_id,
  version: row.version,
  levels: row.levels,
  weights: new TargetWeights(row),
});
