import { CodecError, pack, unpack } from '../process/codec.js';
import type { Region } from '../process/region.js';
import type { Surface } from './surface.js';

const VERSION = 1;

interface SurfaceMeta {
  readonly from: number;
  readonly maxHorizon: number;
  readonly size: number;
}

/** A surface as bytes: versioned, checked. Counts are kept to single precision (relative error 6e-8); the region is the model's. */
export function serialiseSurface(surface: Surface): Uint8Array {
  const meta: SurfaceMeta = { from: surface.from, maxHorizon: surface.maxHorizon, size: surface.region.size };
  return pack('surf', VERSION, meta, {
    background: surface.background,
    seasonHours: surface.seasonHours,
    rates: surface.rates,
    direct: surface.direct,
    knots: surface.knots,
    later: surface.later,
    laterProfile: surface.laterProfile,
    dispersionHorizons: surface.dispersion.horizons,
    dispersionValues: surface.dispersion.values,
  });
}

/**
 * @param region of the model the surface was computed from.
 * @throws {CodecError} not a surface, damaged, of a newer version, or of another region.
 */
export function deserialiseSurface(bytes: Uint8Array, region: Region): Surface {
  const { meta, arrays } = unpack(bytes, 'surf', VERSION);
  const head = meta as SurfaceMeta;
  if (head.size !== region.size) throw new CodecError(`the surface has ${head.size} cells, the region ${region.size}`);
  return {
    region,
    from: head.from,
    maxHorizon: head.maxHorizon,
    background: arrays.float64('background'),
    seasonHours: arrays.float64('seasonHours'),
    rates: arrays.float64('rates'),
    direct: arrays.float32('direct'),
    knots: arrays.float64('knots'),
    later: arrays.float32('later'),
    laterProfile: arrays.float64('laterProfile'),
    dispersion: { horizons: arrays.float64('dispersionHorizons'), values: arrays.float64('dispersionValues') },
  };
}
