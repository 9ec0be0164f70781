import { type Level, LEVELS, type LevelThresholds } from '#contracts';

/** The level of a probability, by the thresholds of its namespace: a level begins at its threshold. */
export function levelOf(pEvent: number, thresholds: LevelThresholds): Level {
  if (pEvent >= thresholds.CRITICAL) return 'CRITICAL';
  if (pEvent >= thresholds.HIGH) return 'HIGH';
  return pEvent >= thresholds.MODERATE ? 'MODERATE' : 'LOW';
}

export function atLeast(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}
