import type { Paged, Risk } from '#contracts';
import { useMemo, useState } from 'react';
import type { Api } from '../api/api.js';
import { ApiError } from '../api/api-error.js';
import { explain } from '../api/explain.js';
import { formatHorizon, formatProbability } from '../format/format.js';
import { formatBrief } from '../format/time.js';
import type { Live } from '../live/use-live.js';
import type { CellSet } from '../map/cell-set.js';
import { LevelChip } from './level-chip.js';
import { Place } from './place.js';

const SHOWN = 8;

export interface OpenRisksProps {
  readonly api: Api;
  readonly live: Live<Paged<Risk>>;
  readonly set: CellSet | null;
  readonly zone: string;
  readonly now: number;
  readonly mayAcknowledge: boolean;
  onSelect(cell: string): void;
}

/** Risks nobody has taken note of yet, the most probable first. */
export function OpenRisks({ api, live, set, zone, now, mayAcknowledge, onSelect }: OpenRisksProps) {
  const [busy, setBusy] = useState<string | null>(null);
  const [done, setDone] = useState<ReadonlySet<string>>(new Set());
  const [failure, setFailure] = useState<string | null>(null);
  const { value, error, refresh } = live;
  const open = useMemo(
    () => (value?.data ?? []).filter((risk) => !done.has(risk.risk_id)).toSorted((a, b) => b.p_event - a.p_event),
    [value, done],
  );

  const acknowledge = async (risk: Risk) => {
    setBusy(risk.risk_id);
    setFailure(null);
    try {
      await api.acknowledge(risk);
      setDone((old) => new Set(old).add(risk.risk_id));
    } catch (reason) {
      const changed =
        reason instanceof ApiError && (reason.code === 'VERSION_CONFLICT' || reason.code === 'RISK_CLOSED');
      setFailure(changed ? 'Someone else has changed this risk; the list is read again.' : sentence(reason));
    } finally {
      setBusy(null);
      refresh();
    }
  };

  return (
    <section className="block" aria-labelledby="open-risks" data-testid="open-risks">
      <h2 id="open-risks">
        Open risks
        {value !== undefined && (
          <span className="count" data-testid="open-risks-count">
            {open.length}
            {value.page.has_more ? '+' : ''}
          </span>
        )}
      </h2>
      {failure !== null && (
        <p className="notice notice--bad" role="alert">
          {failure}
        </p>
      )}
      {value === undefined && error === null && <p className="skeleton" aria-label="Loading" />}
      {value === undefined && error !== null && <p className="muted">{sentence(error)}</p>}
      {value !== undefined && open.length === 0 && <p className="muted">No cell is over its threshold unnoticed.</p>}
      <ul className="risks">
        {open.slice(0, SHOWN).map((risk) => (
          <li key={risk.risk_id} data-risk={risk.risk_id}>
            <button type="button" className="risk" data-cell={risk.cell.id} onClick={() => onSelect(risk.cell.id)}>
              <span className="risk__what">
                <LevelChip level={risk.level} />
                {formatProbability(risk.p_event)} in {formatHorizon(risk.horizon_hours)}
              </span>
              <span className="risk__when muted">
                since {formatBrief(risk.timestamp, zone, now)} · <Place cell={risk.cell.id} set={set} />
              </span>
            </button>
            {mayAcknowledge && (
              <button
                type="button"
                className="button button--small"
                disabled={busy !== null}
                onClick={() => void acknowledge(risk)}
                aria-label={`Acknowledge the risk of cell ${risk.cell.id}`}
              >
                {busy === risk.risk_id ? '…' : 'Acknowledge'}
              </button>
            )}
          </li>
        ))}
      </ul>
      {open.length > SHOWN && (
        <p className="muted">
          and {open.length - SHOWN}
          {value?.page.has_more === true ? ' or more' : ''} others
        </p>
      )}
    </section>
  );
}

function sentence(reason: unknown): string {
  const { title, detail } = explain(reason);
  return `${title}. ${detail}`;
}
