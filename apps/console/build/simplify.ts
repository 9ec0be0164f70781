type Point = [number, number];

/** Distance of `p` from the segment a–b, squared, in the units of the points. */
function distance2(p: Readonly<Point>, a: Readonly<Point>, b: Readonly<Point>): number {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const length2 = dx * dx + dy * dy;
  const t = length2 === 0 ? 0 : Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length2));
  return (p[0] - a[0] - t * dx) ** 2 + (p[1] - a[1] - t * dy) ** 2;
}

/**
 * Douglas and Peucker's line simplification (1973): no dropped point lies further than `tolerance` from the line that
 * is left. The first and last point always stay. Iterative, as a coast line may have 50,000 points.
 */
export function simplify(points: readonly Readonly<Point>[], tolerance: number): Point[] {
  if (points.length <= 2) return points.map(([x, y]) => [x, y]);
  const keep = new Uint8Array(points.length);
  keep[0] = 1;
  keep[points.length - 1] = 1;
  const spans: [number, number][] = [[0, points.length - 1]];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [from, to] = span;
    let furthest = 0;
    let at = -1;
    for (let i = from + 1; i < to; i++) {
      const d = distance2(points[i] as Point, points[from] as Point, points[to] as Point);
      if (d > furthest) {
        furthest = d;
        at = i;
      }
    }
    if (at === -1 || furthest <= tolerance * tolerance) continue;
    keep[at] = 1;
    spans.push([from, at], [at, to]);
  }
  return points.filter((_, i) => keep[i] === 1).map(([x, y]) => [x, y]);
}
