import type { WorldBox } from './mercator.js';

/** Boxes under a node. */
const FAN = 16;
/** Bits of a coordinate in the order along the curve. */
const CURVE_BITS = 16;

/**
 * Boxes that are found by what they touch: an R-tree packed once, from boxes sorted along a space-filling curve, in flat
 * arrays. Its memory is some 45 bytes a box.
 */
export class BoxIndex {
  /** Of the boxes first, then of the nodes over them, level by level; four numbers each. */
  private readonly bounds: Float64Array;
  /** Positions of the boxes in the order in which they were sorted. */
  private readonly order: Int32Array;
  /** Where in `bounds` (in boxes) each level begins; the last is the end. */
  private readonly levels: number[] = [];

  /** @param boxes minX, minY, maxX, maxY of one box after the other */
  constructor(boxes: Float64Array) {
    const n = boxes.length / 4;
    this.order = sorted(boxes);
    let total = n;
    this.levels.push(0, n);
    for (let level = n; level > 1;) {
      level = Math.ceil(level / FAN);
      total += level;
      this.levels.push(total);
    }
    this.bounds = new Float64Array(4 * total);
    for (let i = 0; i < n; i++) {
      const from = 4 * (this.order[i] ?? 0);
      this.bounds.set(boxes.subarray(from, from + 4), 4 * i);
    }
    for (let level = 1; level + 1 < this.levels.length; level++) this.pack(level);
  }

  /** The box around all; of nothing where there are none. */
  get extent(): WorldBox {
    if (this.order.length === 0) return { minX: 0, minY: 0, maxX: 0, maxY: 0 };
    const [minX = 0, minY = 0, maxX = 0, maxY = 0] = this.bounds.subarray(this.bounds.length - 4);
    return { minX, minY, maxX, maxY };
  }

  /** Calls `found` with the position of every box that touches the given one, in no particular order. */
  search(box: WorldBox, found: (position: number) => void): void {
    const top = this.levels.length - 2;
    if (top < 0 || this.order.length === 0) return;
    // Node and level, one after the other.
    const open: number[] = [];
    for (let node = this.levels[top]!; node < this.levels[top + 1]!; node++) open.push(node, top);
    while (open.length > 0) {
      const level = open.pop()!;
      const node = open.pop()!;
      if (!this.touches(node, box)) continue;
      if (level === 0) {
        found(this.order[node]!);
        continue;
      }
      const below = this.levels[level - 1]!;
      const first = below + (node - this.levels[level]!) * FAN;
      const end = Math.min(first + FAN, this.levels[level]!);
      for (let child = first; child < end; child++) open.push(child, level - 1);
    }
  }

  private touches(node: number, box: WorldBox): boolean {
    const { bounds } = this;
    const at = 4 * node;
    return (
      bounds[at]! <= box.maxX &&
      bounds[at + 1]! <= box.maxY &&
      bounds[at + 2]! >= box.minX &&
      bounds[at + 3]! >= box.minY
    );
  }

  private pack(level: number): void {
    const { bounds, levels } = this;
    const begin = levels[level]!;
    for (let node = begin; node < levels[level + 1]!; node++) {
      const first = levels[level - 1]! + (node - begin) * FAN;
      const end = Math.min(first + FAN, begin);
      const own = [Infinity, Infinity, -Infinity, -Infinity];
      for (let child = first; child < end; child++) {
        own[0] = Math.min(own[0]!, bounds[4 * child]!);
        own[1] = Math.min(own[1]!, bounds[4 * child + 1]!);
        own[2] = Math.max(own[2]!, bounds[4 * child + 2]!);
        own[3] = Math.max(own[3]!, bounds[4 * child + 3]!);
      }
      bounds.set(own, 4 * node);
    }
  }
}

/** Positions of the boxes along the curve that their centres lie on. */
function sorted(boxes: Float64Array): Int32Array {
  const n = boxes.length / 4;
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < n; i++) {
    minX = Math.min(minX, boxes[4 * i]!);
    minY = Math.min(minY, boxes[4 * i + 1]!);
    maxX = Math.max(maxX, boxes[4 * i + 2]!);
    maxY = Math.max(maxY, boxes[4 * i + 3]!);
  }
  const scale = (low: number, high: number) => (2 ** CURVE_BITS - 1) / (high - low || 1);
  const [scaleX, scaleY] = [scale(minX, maxX), scale(minY, maxY)];
  // Place on the curve and position in one number: 32 bits and up to 21 of the 53 that are exact.
  const keys = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const x = ((boxes[4 * i]! + boxes[4 * i + 2]!) / 2 - minX) * scaleX;
    const y = ((boxes[4 * i + 1]! + boxes[4 * i + 3]!) / 2 - minY) * scaleY;
    keys[i] = morton(x, y) * n + i;
  }
  keys.sort();
  return Int32Array.from(keys, (key) => key % n);
}

/** Bits of x and y by turns: near places have near numbers. */
function morton(x: number, y: number): number {
  return spread(x) + 2 * spread(y);
}

function spread(value: number): number {
  let bits = value & 0xffff;
  bits = (bits | (bits << 8)) & 0x00ff00ff;
  bits = (bits | (bits << 4)) & 0x0f0f0f0f;
  bits = (bits | (bits << 2)) & 0x33333333;
  return (bits | (bits << 1)) & 0x55555555;
}
