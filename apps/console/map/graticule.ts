import type { Feature, MultiLineString, Position } from 'geojson';

const STEPS = [45, 30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001] as const;

export interface Bounds {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** The widest step, in degrees, that still puts about four lines across a span. */
export function graticuleStep(spanDegrees: number): number {
  return STEPS.find((step) => spanDegrees / step >= 3.5) ?? (STEPS.at(-1) as number);
}

/** Decimals that a multiple of the step needs. */
export function decimalsOf(step: number): number {
  return Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
}

/** Multiples of `step` from `from` to `to`, both included. */
export function multiples(from: number, to: number, step: number): number[] {
  const out: number[] = [];
  // Counting in whole steps keeps 0.30000000000000004 out of the labels.
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++)
    out.push(Number((i * step).toFixed(6)));
  return out;
}

export interface Graticule {
  readonly step: number;
  readonly meridians: readonly number[];
  readonly parallels: readonly number[];
}

export function graticuleOf(bounds: Bounds): Graticule {
  const step = graticuleStep(Math.max(1e-4, bounds.east - bounds.west));
  return {
    step,
    meridians: multiples(bounds.west, bounds.east, step),
    parallels: multiples(Math.max(-85, bounds.south), Math.min(85, bounds.north), step),
  };
}

/** The lines, drawn one bounds' width beyond the edges so that a drag does not show their ends. */
export function graticuleLines({ meridians, parallels }: Graticule, bounds: Bounds): Feature<MultiLineString> {
  const width = bounds.east - bounds.west;
  const height = bounds.north - bounds.south;
  const [west, east] = [bounds.west - width, bounds.east + width];
  const [south, north] = [Math.max(-85.05, bounds.south - height), Math.min(85.05, bounds.north + height)];
  const lines: Position[][] = [
    ...meridians.map((x) => [
      [x, south],
      [x, north],
    ]),
    ...parallels.map((y) => [
      [west, y],
      [east, y],
    ]),
  ];
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates: lines } };
}
