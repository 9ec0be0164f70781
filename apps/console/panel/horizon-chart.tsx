import type { Assessment } from '#contracts';
import { formatHorizon, formatProbability, horizonInWords } from '../format/format.js';
import { LEVEL_NAMES, levelColour } from '../surface/levels.js';
import type { Horizon } from '../view/view-state.js';

export interface HorizonPoint {
  readonly horizon: Horizon;
  readonly assessment: Assessment;
}

/** The chance of an event by how far one looks ahead; a click looks that far on the map. */
export function HorizonChart(props: {
  points: readonly HorizonPoint[];
  current: Horizon;
  onHorizon(horizon: Horizon): void;
}) {
  const { points, current, onHorizon } = props;
  const most = Math.max(...points.map(({ assessment }) => assessment.p_event), 1e-9);
  return (
    <ul className="horizons">
      {points.map(({ horizon, assessment }) => (
        <li key={horizon}>
          <button
            type="button"
            aria-pressed={horizon === current}
            aria-label={`Next ${horizonInWords(horizon)}: ${formatProbability(assessment.p_event)}, ${LEVEL_NAMES[assessment.level]}`}
            onClick={() => onHorizon(horizon)}
          >
            <span className="horizons__p">{formatProbability(assessment.p_event)}</span>
            <span className="horizons__track">
              <span
                style={{
                  height: `${Math.max(2, (100 * assessment.p_event) / most)}%`,
                  background: levelColour(assessment.level),
                }}
              />
            </span>
            <span className="horizons__name">{formatHorizon(horizon)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
