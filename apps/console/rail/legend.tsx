import { type Level, LEVELS, type LevelThresholds } from '#contracts';
import { horizonInWords } from '../format/format.js';
import { LEVEL_COLOURS, LEVEL_NAMES } from '../surface/levels.js';
import { rangeOf, type SurfaceSummary } from '../surface/surface.js';

const percent = (p: number) => `${Number((p * 100).toFixed(1))} %`;

function rangeText(level: Level, thresholds: LevelThresholds): string {
  const [from, to] = rangeOf(level, thresholds);
  if (level === 'LOW') return `below ${percent(to)}`;
  if (level === 'CRITICAL') return `${percent(from)} and more`;
  return `${percent(from)} – ${percent(to)}`;
}

/** What the colours mean here, by the namespace's own thresholds, and how many cells are of each. */
export function Legend(props: { thresholds: LevelThresholds; summary: SurfaceSummary | null; horizon: number }) {
  const { thresholds, summary, horizon } = props;
  return (
    <details className="legend" open={!window.matchMedia('(max-width: 56rem)').matches} data-testid="legend">
      <summary>Risk level</summary>
      <p className="legend__what muted">Chance of at least one event in a cell in the next {horizonInWords(horizon)}</p>
      <table>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">Level</th>
            <th scope="col">Chance</th>
            <th scope="col">Cells</th>
          </tr>
        </thead>
        <tbody>
          {LEVELS.toReversed().map((level) => (
            <tr key={level}>
              <th scope="row">
                <span
                  className="legend__swatch"
                  style={{ background: `linear-gradient(90deg, ${LEVEL_COLOURS[level].join(', ')})` }}
                />
                {LEVEL_NAMES[level]}
              </th>
              <td>{rangeText(level, thresholds)}</td>
              <td className="legend__count" data-testid={`level-count-${level}`}>
                {summary === null ? '–' : summary.counts[level].toLocaleString('en')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
