import type { CellRisk } from '#contracts';
import { formatExpected, formatInteger } from '../format/format.js';

/** How many events: the expected count, and between which numbers nine out of ten outcomes lie. */
export function CountRange({ risk }: { risk: CellRisk }) {
  const end = Math.max(1, risk.q95, Math.ceil(risk.expected_count));
  const at = (value: number) => `${(100 * Math.min(value, end)) / end}%`;
  return (
    <div className="range">
      <div className="range__track" aria-hidden="true">
        <span className="range__span" style={{ left: at(risk.q05), right: `calc(100% - ${at(risk.q95)})` }} />
        <span className="range__median" style={{ left: at(risk.q50) }} />
        <span className="range__mean" style={{ left: at(risk.expected_count) }} />
      </div>
      <div className="range__ends" aria-hidden="true">
        <span>0</span>
        <span>{formatInteger(end)}</span>
      </div>
      <p className="muted">
        Expected <strong>{formatExpected(risk.expected_count)}</strong>; median {formatInteger(risk.q50)}, nine times in
        ten between {formatInteger(risk.q05)} and {formatInteger(risk.q95)}.
      </p>
    </div>
  );
}
