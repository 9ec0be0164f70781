import { PbfWriter } from 'pbf';
import type { Ring } from './clip.js';

/** Units a tile is wide, to which its geometry is rounded. */
export const TILE_EXTENT = 4096;

export type TileValue = string | number | boolean;

export interface TileFeature {
  /** From 1 to 2^53 − 1. */
  readonly id: number;
  /** Outer rings only, in tile units, rounded (see {@link toTileUnits}). */
  readonly rings: readonly Ring[];
  readonly values: readonly TileValue[];
}

export interface TileLayer {
  readonly name: string;
  /** Names of the values of every feature. */
  readonly keys: readonly string[];
  readonly features: readonly TileFeature[];
}

const POLYGON = 3;
const MOVE_TO_ONE = 9;
const CLOSE_PATH = 15;
const LINE_TO = 2;

/**
 * A tile of Mapbox Vector Tile version 2.1 with one layer of polygons; without features it is empty, as the
 * specification asks.
 */
export function encodeTile(layer: TileLayer): Uint8Array {
  if (layer.features.length === 0) return new Uint8Array(0);
  const pbf = new PbfWriter(new Uint8Array(64 * 1024));
  pbf.writeMessage(3, writeLayer, layer);
  return pbf.finish();
}

function writeLayer({ name, keys, features }: TileLayer, pbf: PbfWriter): void {
  pbf.writeVarintField(15, 2);
  pbf.writeStringField(1, name);
  // Each value stands once in a layer, and features point at it.
  const values = new Map<TileValue, number>();
  const numberOf = (value: TileValue) => {
    let at = values.get(value);
    if (at === undefined) values.set(value, (at = values.size));
    return at;
  };
  for (const feature of features) pbf.writeMessage(2, writeFeature, { feature, numberOf });
  for (const key of keys) pbf.writeStringField(3, key);
  for (const value of values.keys()) pbf.writeMessage(4, writeValue, value);
  pbf.writeVarintField(5, TILE_EXTENT);
}

function writeFeature(
  { feature, numberOf }: { feature: TileFeature; numberOf: (value: TileValue) => number },
  pbf: PbfWriter,
): void {
  pbf.writeVarintField(1, feature.id);
  pbf.writePackedVarint(
    2,
    feature.values.flatMap((value, key) => [key, numberOf(value)]),
  );
  pbf.writeVarintField(3, POLYGON);
  pbf.writePackedVarint(4, commands(feature.rings));
}

/** Moves and lines, each from the point before; numbers in zigzag. */
function commands(rings: readonly Ring[]): number[] {
  const out: number[] = [];
  let atX = 0;
  let atY = 0;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const dx = ring[i]! - atX;
      const dy = ring[i + 1]! - atY;
      if (i === 0) out.push(MOVE_TO_ONE);
      else if (i === 2) out.push(LINE_TO | ((ring.length / 2 - 1) << 3));
      out.push(zigzag(dx), zigzag(dy));
      atX += dx;
      atY += dy;
    }
    out.push(CLOSE_PATH);
  }
  return out;
}

const zigzag = (value: number) => (value << 1) ^ (value >> 31);

function writeValue(value: TileValue, pbf: PbfWriter): void {
  if (typeof value === 'string') pbf.writeStringField(1, value);
  else if (typeof value === 'boolean') pbf.writeBooleanField(7, value);
  else if (Number.isSafeInteger(value) && value >= 0) pbf.writeVarintField(5, value);
  else pbf.writeDoubleField(3, value);
}
