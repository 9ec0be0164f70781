import type { CellRisk } from '#contracts';
import { useMemo } from 'react';
import { formatProbability } from '../format/format.js';
import type { CellSet } from '../map/cell-set.js';
import { LEVEL_NAMES, levelColour } from '../surface/levels.js';
import { highest } from '../surface/surface.js';
import { Place } from './place.js';

const TOP_CELLS = 10;

export interface TopCellsProps {
  readonly risks: readonly CellRisk[];
  readonly set: CellSet | null;
  onSelect(cell: string): void;
}

export function TopCells({ risks, set, onSelect }: TopCellsProps) {
  const top = useMemo(() => highest(risks, TOP_CELLS), [risks]);
  const most = top[0]?.p_event ?? 1;
  return (
    <section className="block" aria-labelledby="top-cells">
      <h2 id="top-cells">Highest risk now</h2>
      <ol className="top" data-testid="top-cells">
        {top.map((risk, i) => (
          <li key={risk.cell}>
            <button type="button" className="row" data-cell={risk.cell} onClick={() => onSelect(risk.cell)}>
              <span className="row__rank">{i + 1}</span>
              <Place cell={risk.cell} set={set} />
              <span className="row__p">
                <span className="visually-hidden">{LEVEL_NAMES[risk.level]}, </span>
                {formatProbability(risk.p_event)}
              </span>
              <span
                className="row__bar"
                style={{ width: `${(100 * risk.p_event) / most}%`, background: levelColour(risk.level) }}
              />
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
