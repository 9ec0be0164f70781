import { AppError } from '#platform';

type Corner = readonly [number, number];

/**
 * Refuses a ring of (lon, lat) corners that crosses or touches itself, or has no area: what is inside of it nobody could
 * say, and ClickHouse answers with an error or not, as its rows have it.
 * @throws AppError REQUEST_INVALID
 */
export function requireSimple(polygon: readonly Corner[]): void {
  if (!isSimple(polygon))
    throw new AppError('REQUEST_INVALID', 'A field is not valid', {
      errors: [{ path: 'polygon', message: 'must be a ring with an area that does not cross or touch itself' }],
    });
}

function isSimple(polygon: readonly Corner[]): boolean {
  const ring = polygon.filter((corner, i) => !same(corner, polygon[(i + 1) % polygon.length] ?? corner));
  const n = ring.length;
  if (n < 3) return false;
  const at = (i: number): Corner => ring[i % n] ?? [0, 0];
  for (let i = 0; i < n; i++) {
    // An edge that goes back over the one before it.
    if (turn(at(i), at(i + 1), at(i + 2)) === 0 && !isBetween(at(i + 1), at(i), at(i + 2))) return false;
    for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue;
      if (meet(at(i), at(i + 1), at(j), at(j + 1))) return false;
    }
  }
  return true;
}

const same = (a: Corner, b: Corner) => a[0] === b[0] && a[1] === b[1];

/** Positive where a → b → c turns left, negative where it turns right, 0 on a line. */
const turn = (a: Corner, b: Corner, c: Corner) =>
  Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));

/** Whether a point that is on the line of a and b lies between them. */
const isBetween = (point: Corner, a: Corner, b: Corner) =>
  point[0] >= Math.min(a[0], b[0]) &&
  point[0] <= Math.max(a[0], b[0]) &&
  point[1] >= Math.min(a[1], b[1]) &&
  point[1] <= Math.max(a[1], b[1]);

/** Whether the segments a–b and c–d have a point in common. */
function meet(a: Corner, b: Corner, c: Corner, d: Corner): boolean {
  const abc = turn(a, b, c);
  const abd = turn(a, b, d);
  const cda = turn(c, d, a);
  const cdb = turn(c, d, b);
  if (abc !== abd && cda !== cdb) return true;
  return (
    (abc === 0 && isBetween(c, a, b)) ||
    (abd === 0 && isBetween(d, a, b)) ||
    (cda === 0 && isBetween(a, c, d)) ||
    (cdb === 0 && isBetween(b, c, d))
  );
}
