import { useRef, type KeyboardEvent } from 'react';
import { formatHorizon, horizonInWords } from '../format/format.js';
import { type Horizon, HORIZONS } from '../view/view-state.js';

/** How far ahead: one choice of five, moved through with the arrow keys as a group of radio buttons is. */
export function HorizonSwitch({ value, onChange }: { value: Horizon; onChange(horizon: Horizon): void }) {
  const group = useRef<HTMLDivElement>(null);

  const move = (event: KeyboardEvent) => {
    const at = HORIZONS.indexOf(value);
    const last = HORIZONS.length - 1;
    const to: Record<string, number> = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowDown: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      ArrowUp: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onChange(HORIZONS[next] as Horizon);
    group.current?.querySelectorAll('button')[next]?.focus();
  };

  return (
    <div ref={group} className="segments" role="radiogroup" aria-label="Forecast horizon" onKeyDown={move}>
      {HORIZONS.map((horizon) => (
        <button
          key={horizon}
          type="button"
          role="radio"
          aria-checked={horizon === value}
          aria-label={`Next ${horizonInWords(horizon)}`}
          tabIndex={horizon === value ? 0 : -1}
          data-testid={`horizon-${horizon}`}
          onClick={() => onChange(horizon)}
        >
          {formatHorizon(horizon)}
        </button>
      ))}
    </div>
  );
}
