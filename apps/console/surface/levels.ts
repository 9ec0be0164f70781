import type { Level } from '#contracts';

/**
 * The two ends of each level's colours, from the lower to the upper bound of its probabilities: a sequence that grows
 * lighter throughout, from indigo by rose and orange to pale yellow (a relative of matplotlib's *plasma*), so that
 * the order can be read without telling hues apart. levels.spec.ts holds it to that for the three colour blindnesses.
 */
export const LEVEL_COLOURS: Readonly<Record<Level, readonly [string, string]>> = {
  LOW: ['#20305a', '#3d5e9e'],
  MODERATE: ['#ad559c', '#cc6d97'],
  HIGH: ['#f47f5a', '#fba553'],
  CRITICAL: ['#ffd163', '#fff5c2'],
};

/** Opacity of the fill at the two ends of each level: what matters stands out, the ground shows through the rest. */
export const LEVEL_OPACITY: Readonly<Record<Level, readonly [number, number]>> = {
  LOW: [0.3, 0.92],
  MODERATE: [0.92, 0.92],
  HIGH: [0.93, 0.94],
  CRITICAL: [0.95, 0.96],
};

export const LEVEL_NAMES: Readonly<Record<Level, string>> = {
  LOW: 'Low',
  MODERATE: 'Moderate',
  HIGH: 'High',
  CRITICAL: 'Critical',
};

/** One colour for a level where it stands for itself: dots, bars, chips. */
export function levelColour(level: Level): string {
  return level === 'LOW' ? '#5b7cc0' : LEVEL_COLOURS[level][level === 'CRITICAL' ? 0 : 1];
}
