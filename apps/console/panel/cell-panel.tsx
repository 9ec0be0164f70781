import { ALL_EVENT_TYPES, type CellRisk, type Namespace, type RiskMap } from '#contracts';
import { useEffect, useRef } from 'react';
import type { Api } from '../api/api.js';
import { ApiError } from '../api/api-error.js';
import {
  formatAmount,
  formatLatitude,
  formatLongitude,
  formatMultiple,
  formatProbability,
  horizonInWords,
} from '../format/format.js';
import { zoneName } from '../format/time.js';
import { useLive } from '../live/use-live.js';
import type { CellSet } from '../map/cell-set.js';
import { LevelChip } from '../rail/level-chip.js';
import { type Horizon, HORIZONS } from '../view/view-state.js';
import { CountRange } from './count-range.js';
import { Features } from './features.js';
import { HorizonChart, type HorizonPoint } from './horizon-chart.js';
import { RecentEvents } from './recent-events.js';
import { Section } from './section.js';

const EVENTS_SHOWN = 20;

export interface CellPanelProps {
  readonly api: Api;
  readonly cell: string;
  readonly surface: RiskMap;
  readonly risk: CellRisk | undefined;
  readonly set: CellSet | null;
  readonly namespace: Namespace;
  readonly eventType: string;
  readonly horizon: Horizon;
  readonly now: number;
  onHorizon(horizon: Horizon): void;
  onClose(): void;
}

/** Everything the platform says of one cell. */
export function CellPanel(props: CellPanelProps) {
  const { api, cell, surface, risk, set, namespace, eventType, horizon, now } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  const about = `${cell}|${eventType}`;

  const outlook = useLive(
    risk === undefined ? null : `outlook|${about}`,
    async (signal): Promise<HorizonPoint[]> =>
      Promise.all(
        HORIZONS.map(async (each) => {
          const answer = await api.assess({ cell, eventType, horizon: each }, signal);
          const [assessment] = answer.assessments;
          if (assessment === undefined) throw new ApiError(200, 'ANSWER_UNEXPECTED', 'The server assessed no cell.');
          return { horizon: each, assessment };
        }),
      ),
    null,
  );
  const features = useLive(`features|${about}`, (signal) => api.features(cell, eventType, signal), null);
  const events = useLive(
    `events|${about}`,
    (signal) => {
      const oneType = eventType === ALL_EVENT_TYPES ? {} : { eventType };
      return api.events({ cell, limit: EVENTS_SHOWN, ...oneType }, signal);
    },
    null,
  );

  // Each new surface has seen new events: what stands beside it must not lag behind.
  const { refresh: refreshOutlook } = outlook;
  const { refresh: refreshFeatures } = features;
  const { refresh: refreshEvents } = events;
  useEffect(() => {
    refreshOutlook();
    refreshFeatures();
    refreshEvents();
  }, [surface.issued_at, refreshOutlook, refreshFeatures, refreshEvents]);

  useEffect(() => heading.current?.focus({ preventScroll: true }), [cell]);

  const center = set?.centerOf(cell);
  const assessed = outlook.value?.find((point) => point.horizon === horizon)?.assessment;
  return (
    <aside className="panel" aria-label="Cell" data-testid="cell-panel" data-cell={cell}>
      <header className="panel__head">
        <div>
          <h2 ref={heading} tabIndex={-1}>
            {center == null ? 'Cell' : `${formatLatitude(center.lat)}, ${formatLongitude(center.lon)}`}
          </h2>
          <code className="muted">{cell}</code>
        </div>
        <button
          type="button"
          className="button button--quiet"
          onClick={props.onClose}
          aria-label="Close"
          data-testid="panel-close"
        >
          ✕
        </button>
      </header>
      {risk === undefined ? (
        <div className="notice panel__notice" data-testid="panel-outside">
          <strong>Outside the covered area</strong>
          <span>The surface of this event type has no forecast for this cell.</span>
        </div>
      ) : (
        <section className="block panel__now" aria-label={`Next ${horizonInWords(horizon)}`}>
          <p className="panel__p">
            <span className="panel__number" data-testid="panel-p-event" data-p={risk.p_event}>
              {formatProbability(risk.p_event)}
            </span>
            <LevelChip level={risk.level} />
          </p>
          <p className="muted">chance of at least one event in the next {horizonInWords(horizon)}</p>
          <CountRange risk={risk} />
          <dl className="facts">
            <div>
              <dt>Risk score</dt>
              <dd title="The share of this namespace’s cells that have no more than this one">
                {Math.round(risk.risk_score)} of 100
              </dd>
            </div>
            <div>
              <dt>Against average</dt>
              <dd title="Relative risk: against the average cell of the surface" data-testid="panel-relative-risk">
                {assessed === undefined ? '…' : formatMultiple(assessed.relative_risk)}
              </dd>
            </div>
            {namespace.amount_kind === 'amount' && (
              <div>
                <dt>Expected loss</dt>
                <dd data-testid="panel-expected-loss">{formatAmount(risk.expected_loss)}</dd>
              </div>
            )}
          </dl>
        </section>
      )}
      {risk !== undefined && (
        <Section title="Chance by horizon" name="outlook" live={outlook}>
          {(points) => <HorizonChart points={points} current={horizon} onHorizon={props.onHorizon} />}
        </Section>
      )}
      <Section title="Lately, here and around" name="features" live={features}>
        {(value) => <Features features={value} amountKind={namespace.amount_kind} />}
      </Section>
      <Section title={`Recent events · ${zoneName(namespace.time_zone, now)}`} name="events" live={events}>
        {(page) => (
          <RecentEvents
            events={page.data}
            zone={namespace.time_zone}
            now={now}
            amountKind={namespace.amount_kind}
            showType={eventType === ALL_EVENT_TYPES}
          />
        )}
      </Section>
    </aside>
  );
}
