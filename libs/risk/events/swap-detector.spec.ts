import { expect, it } from 'vitest';
import { createRandom } from '#forecast';
import { SwapDetector } from './swap-detector.js';

const random = createRandom(3);
const nearToronto = () => [43.7 + 0.2 * random.next(), -79.4 + 0.3 * random.next()] as const;
const nearSydney = () => [-33.9 + 0.2 * random.next(), 151.2 + 0.2 * random.next()] as const;
// Both orders are places: only the neighbourhood tells them apart.
const nearMunich = () => [48.1 + 0.2 * random.next(), 11.5 + 0.2 * random.next()] as const;

function feed(place: () => readonly [number, number], n: number): SwapDetector {
  const detector = new SwapDetector();
  for (let i = 0; i < n; i++) expect(detector.judge(...place())).toBeUndefined();
  return detector;
}

it.each([nearToronto, nearMunich])('finds an exchanged event among local ones', (place) => {
  const detector = feed(place, 50);
  const [lat, lon] = place();
  expect(detector.judge(lon, lat)).toMatchObject({ code: 'EVENT_LAT_LON_SWAPPED', field: 'lat' });
  expect(detector.judge(lat, lon)).toBeUndefined();
});

it('does not let exchanged events move what it holds for near, while they are fewer than the others', () => {
  const detector = feed(nearMunich, 200);
  for (let i = 0; i < 200; i++) {
    const [lat, lon] = nearMunich();
    expect(detector.judge(lon, lat)).toBeDefined();
  }
});

it('lets a far event through that is no exchanged one', () => {
  const detector = feed(nearMunich, 50);
  expect(detector.judge(...nearSydney())).toBeUndefined();
});

it('is silent before it has seen enough, and over a continent', () => {
  expect(feed(nearMunich, 19).judge(11.5, 48.1)).toBeUndefined();
  expect(feed(nearMunich, 20).judge(11.5, 48.1)).toBeDefined();
  const wide = feed(() => [30 + 25 * random.next(), 40 * random.next()], 200);
  expect(wide.judge(11.5, 48.1)).toBeUndefined();
});

it('gives up what it learned where as many events say the opposite', () => {
  const detector = new SwapDetector();
  for (let i = 0; i < 30; i++) expect(detector.judge(-79.4 + i / 1000, 43.7)).toBeUndefined();
  const judged = Array.from({ length: 40 }, (_, i) => detector.judge(43.7, -79.4 + i / 1000));
  expect(judged.slice(0, 30).every((rejection) => rejection?.code === 'EVENT_LAT_LON_SWAPPED')).toBe(true);
  expect(judged.slice(30).every((rejection) => rejection === undefined)).toBe(true);
});
