import { LEVELS } from '#contracts';
import { describe, expect, it } from 'vitest';
import { LEVEL_COLOURS, levelColour } from './levels.js';

type Triple = [number, number, number];

const linear = (hex: string): Triple =>
  [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Triple;

/** CIE L*a*b* (D65) of linear sRGB. */
function lab([r, g, b]: Triple): Triple {
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 / 116) * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Full colour blindness, Machado, Oliveira and Fernandes (2009), table for severity 1, on linear RGB. */
const BLINDNESS: Record<string, number[]> = {
  none: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

function seen(hex: string, matrix: number[]): Triple {
  const rgb = linear(hex);
  const row = (i: number) => rgb.reduce((sum, value, j) => sum + value * (matrix[3 * i + j] as number), 0);
  return lab([0, 1, 2].map((i) => Math.max(0, Math.min(1, row(i)))) as Triple);
}

const distance = (a: Triple, b: Triple) => Math.hypot(...a.map((value, i) => value - (b[i] as number)));

describe.each(Object.entries(BLINDNESS))('the colours of the levels, seen with %s', (_, matrix) => {
  it('grow lighter from the lowest probability to the highest', () => {
    const lightness = LEVELS.flatMap((level) => LEVEL_COLOURS[level].map((hex) => seen(hex, matrix)[0]));
    for (let i = 1; i < lightness.length; i++) expect(lightness[i]).toBeGreaterThan((lightness[i - 1] as number) + 0.5);
  });

  it('keep neighbouring levels well apart', () => {
    for (let i = 1; i < LEVELS.length; i++) {
      const [below, level] = [LEVELS[i - 1], LEVELS[i]] as [(typeof LEVELS)[number], (typeof LEVELS)[number]];
      const middle = (each: typeof level) => {
        const [a, b] = LEVEL_COLOURS[each].map((hex) => seen(hex, matrix)) as [Triple, Triple];
        return a.map((value, at) => (value + (b[at] as number)) / 2) as Triple;
      };
      // ΔE of 10 is seen at a glance.
      expect(distance(middle(below), middle(level))).toBeGreaterThan(18);
    }
  });
});

it('shows each level’s dot in 3:1 contrast on the panel', () => {
  const luminance = (hex: string) => {
    const [r, g, b] = linear(hex);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const level of LEVELS) {
    const contrast = (luminance(levelColour(level)) + 0.05) / (luminance('#101a24') + 0.05);
    expect(contrast).toBeGreaterThan(3);
  }
});
