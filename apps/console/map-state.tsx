import type { RiskMap } from '#contracts';
import type { ApiError } from './api/api-error.js';
import { explain } from './api/explain.js';
import { typeName } from './bar/top-bar.js';
import { formatRecent } from './format/time.js';
import type { Live } from './live/use-live.js';
import { Overlay } from './overlay.js';

/** Codes that mean: there is nothing yet, rather than: something broke. */
const NOTHING_YET = new Set(['SURFACE_NOT_READY', 'EVENT_TYPE_UNKNOWN']);

export const isNothingYet = (error: ApiError | null) => error !== null && NOTHING_YET.has(error.code);

export interface MapStateProps {
  readonly types: Live<unknown>;
  readonly namespace: string;
  readonly noEvents: boolean;
  readonly eventType: string | null;
  readonly surface: Live<unknown>;
  readonly outlineError: string | null;
}

/** The one thing to say over the map, if any: empty, broken or loading. */
export function MapState({ namespace, types, noEvents, eventType, surface, outlineError }: MapStateProps) {
  if (noEvents) {
    return (
      <Overlay kind="empty" title="No events yet">
        <p>Import a file of events, train a model on it, and its map appears here by itself.</p>
        <pre>
          npx strisk import events.csv --namespace {namespace}
          {'\n'}npx strisk train --namespace {namespace}
        </pre>
      </Overlay>
    );
  }
  if (isNothingYet(surface.error) && eventType !== null) {
    return (
      <Overlay kind="empty" title={`No risk surface for “${typeName(eventType)}” yet`}>
        <p>A model has to be trained on its events first. The map appears here by itself once it is.</p>
        <pre>
          npx strisk train --namespace {namespace} --event-type {quoted(eventType)}
        </pre>
      </Overlay>
    );
  }
  const failed =
    surface.value === undefined ? (surface.error ?? (types.value === undefined ? types.error : null)) : null;
  if (failed !== null) {
    const { title, detail } = explain(failed);
    return (
      <Overlay kind="error" title={title}>
        <p>{detail}</p>
        <button
          type="button"
          className="button"
          onClick={() => {
            types.refresh();
            surface.refresh();
          }}
        >
          Try again
        </button>
      </Overlay>
    );
  }
  if (outlineError !== null) {
    return (
      <Overlay kind="error" title="The hexagons cannot be drawn">
        <p>{outlineError}</p>
      </Overlay>
    );
  }
  if (surface.value === undefined) return <Overlay kind="loading" title="Loading the risk surface" />;
  return null;
}

/** An argument as a shell takes it. */
function quoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Says that what is shown is no longer being refreshed, and since when it stands. */
export function LostBanner(props: { surface: RiskMap; error: ApiError; zone: string; now: number; onRetry(): void }) {
  const { surface, error, zone, now, onRetry } = props;
  const shown = formatRecent(surface.issued_at, zone, now);
  return (
    <div className="banner" role="status" data-testid="connection-lost" data-code={error.code}>
      <span>
        <strong>{error.passing ? 'Connection lost' : explain(error).title}</strong>, showing the surface of {shown}.{' '}
        {error.passing ? 'Trying again by itself…' : explain(error).detail}
      </span>
      <button type="button" className="button button--small" onClick={onRetry}>
        Try now
      </button>
    </div>
  );
}
