import type { Level } from '#contracts';
import { LEVEL_NAMES, levelColour } from '../surface/levels.js';

export function LevelChip({ level }: { level: Level }) {
  return (
    <span className="chip" data-level={level}>
      <span className="dot" style={{ background: levelColour(level) }} />
      {LEVEL_NAMES[level]}
    </span>
  );
}
