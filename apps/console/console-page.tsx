import type { CellRisk, RiskMap as Surface } from '#contracts';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Api, Tagged } from './api/api.js';
import { ApiError } from './api/api-error.js';
import { TopBar } from './bar/top-bar.js';
import { formatExpected, horizonInWords } from './format/format.js';
import { useLive } from './live/use-live.js';
import { useNow } from './live/use-now.js';
import { sameCells } from './map/cell-set.js';
import { RiskMap, type RiskMapHandle } from './map/risk-map.js';
import { useCellSet } from './map/use-cell-set.js';
import { isNothingYet, LostBanner, MapState } from './map-state.js';
import { CellPanel } from './panel/cell-panel.js';
import { Legend } from './rail/legend.js';
import { OpenRisks } from './rail/open-risks.js';
import { TopCells } from './rail/top-cells.js';
import type { OpenSession } from './session/open-session.js';
import { choicesOf, firstReady } from './surface/default-type.js';
import { shadeOf, summarize } from './surface/surface.js';
import { useMedia } from './use-media.js';
import { DEFAULT_HORIZON, type ViewState } from './view/view-state.js';

const REFRESH_MS = 15_000;
/** All there normally are: the list comes by time, and the most probable shall stand first. */
const OPEN_RISKS_READ = 1000;
const NO_RISKS: readonly CellRisk[] = [];

export interface ConsolePageProps {
  readonly api: Api;
  readonly session: OpenSession;
  readonly view: ViewState;
  changeView(change: Partial<ViewState>): void;
  onNamespace(namespace: string): void;
  onSignOut(): void;
}

/** The live risk map of one namespace. */
export function ConsolePage({ api, session, view, changeView, onNamespace, onSignOut }: ConsolePageProps) {
  const { namespace } = session.self;
  const { horizon, cell } = view;
  const now = useNow(
    useCallback(() => api.now(), [api]),
    REFRESH_MS,
  );
  const [notice, setNotice] = useState(session.notice);

  const types = useLive('types', (signal) => api.eventTypes(signal), REFRESH_MS);
  const choices = useMemo(() => choicesOf(types.value ?? []), [types.value]);
  const named = view.eventType !== null && choices.includes(view.eventType) ? view.eventType : null;
  const standard = useLive(
    named === null && choices.length > 0 ? choices.join('\n') : null,
    (signal) => firstReady(choices, (each) => hasSurface(api, each, signal)),
    null,
  );
  const eventType = named ?? standard.value ?? null;

  const live = useLive<Tagged<Surface>>(
    eventType === null ? null : `${eventType}|${horizon}`,
    (signal, previous) => api.riskMap({ horizon, eventType: eventType ?? '' }, previous, signal),
    REFRESH_MS,
  );
  const surface = isNothingYet(live.error) ? null : (live.value?.value ?? null);
  const risks = useLive(
    eventType === null ? null : `risks|${eventType}`,
    (signal) => api.openRisks({ eventType: eventType ?? '', limit: OPEN_RISKS_READ }, signal),
    REFRESH_MS,
  );

  const cells = surface?.cells ?? NO_RISKS;
  const summary = useMemo(() => (surface === null ? null : summarize(surface.cells)), [surface]);
  const byCell = useMemo(() => new Map(cells.map((risk) => [risk.cell, risk])), [cells]);
  // While another horizon loads, the last outlines stay: they are most likely the same.
  const { set, error: outlineError } = useCellSet(surface?.cells ?? null);
  const shades = useMemo(() => {
    if (set === null || summary === null) return null;
    const ids = cells.map((risk) => risk.cell);
    if (!sameCells(ids, set.cells)) return null;
    return Float32Array.from(cells, (risk) => shadeOf(risk, namespace.levels, summary.highestP));
  }, [set, cells, summary, namespace.levels]);

  const map = useRef<RiskMapHandle>(null);
  const select = useCallback((next: string | null) => changeView({ cell: next }), [changeView]);
  const visit = useCallback(
    (next: string) => {
      select(next);
      map.current?.flyTo(next);
      // Where the lists stand below the map, it may have been scrolled away.
      window.scrollTo({ top: 0 });
    },
    [select],
  );
  useEffect(() => {
    const close = (event: globalThis.KeyboardEvent) => {
      if (event.key === 'Escape') select(null);
    };
    window.addEventListener('keydown', close);
    return () => window.removeEventListener('keydown', close);
  }, [select]);

  const narrow = useMedia('(max-width: 56rem)');
  const padding = useMemo(
    () => (narrow ? { top: 32, right: 24, bottom: 40, left: 24 } : { top: 48, right: 64, bottom: 56, left: 72 }),
    [narrow],
  );
  const nothing = isNothingYet(live.error) || (types.value !== undefined && choices.length === 0);
  return (
    <div className={`console${nothing ? ' console--bare' : ''}`} data-testid="console">
      <TopBar
        session={session}
        choices={choices}
        eventType={eventType}
        horizon={horizon}
        surface={surface}
        now={now}
        onNamespace={onNamespace}
        onEventType={(next) => changeView({ eventType: next, cell: null })}
        onHorizon={(next) => changeView({ horizon: next })}
        onSignOut={onSignOut}
      />
      <main className="stage">
        {notice !== null && (
          <div className="banner banner--note" role="status" data-testid="notice">
            <span>{notice}</span>
            <button type="button" className="button button--small" onClick={() => setNotice(null)}>
              Fine
            </button>
          </div>
        )}
        {surface !== null && live.error !== null && (
          <LostBanner
            surface={surface}
            error={live.error}
            zone={namespace.time_zone}
            now={now}
            onRetry={live.refresh}
          />
        )}
        <RiskMap
          ref={map}
          set={nothing ? null : set}
          shades={shades}
          risks={byCell}
          horizon={horizon}
          selected={cell}
          padding={padding}
          onSelect={select}
        />
        {surface !== null && <Legend thresholds={namespace.levels} summary={summary} horizon={horizon} />}
        <MapState
          namespace={namespace.namespace_id}
          types={types}
          noEvents={types.value !== undefined && choices.length === 0}
          eventType={eventType}
          surface={live}
          outlineError={outlineError}
        />
      </main>
      {surface !== null && eventType !== null && cell !== null ? (
        <CellPanel
          key={`${cell}|${eventType}`}
          api={api}
          cell={cell}
          surface={surface}
          risk={byCell.get(cell)}
          set={set}
          namespace={namespace}
          eventType={eventType}
          horizon={horizon}
          now={now}
          onHorizon={(next) => changeView({ horizon: next })}
          onClose={() => select(null)}
        />
      ) : (
        <aside className="rail" aria-label="Overview">
          {surface !== null && summary !== null ? (
            <>
              <section className="block outlook" aria-label="Outlook">
                <p className="outlook__number">{formatExpected(summary.expected)}</p>
                <p className="muted">
                  events expected in the next {horizonInWords(horizon)} across {surface.cell_count.toLocaleString('en')}{' '}
                  cells
                </p>
              </section>
              <TopCells risks={cells} set={set} onSelect={visit} />
              <OpenRisks
                api={api}
                live={risks}
                set={set}
                zone={namespace.time_zone}
                now={now}
                mayAcknowledge={session.mayAcknowledge}
                onSelect={visit}
              />
            </>
          ) : (
            !nothing && live.error === null && <p className="skeleton skeleton--tall" aria-label="Loading" />
          )}
        </aside>
      )}
    </div>
  );
}

/** Whether a type has a surface. Only the plain “not yet” counts as no: any other failure is for the map to show. */
async function hasSurface(api: Api, eventType: string, signal: AbortSignal): Promise<boolean> {
  try {
    await api.riskMap({ horizon: DEFAULT_HORIZON, eventType }, undefined, signal);
    return true;
  } catch (error) {
    if (error instanceof ApiError && isNothingYet(error)) return false;
    throw error;
  }
}
