import { cellId } from '#contracts';

/** The horizons the console offers, in hours. */
export const HORIZONS = [1, 6, 24, 72, 168] as const;
export type Horizon = (typeof HORIZONS)[number];
export const DEFAULT_HORIZON: Horizon = 24;

/** What a link restores: which map, how far ahead, which cell. Never the token. */
export interface ViewState {
  readonly namespace: string | null;
  readonly eventType: string | null;
  readonly horizon: Horizon;
  readonly cell: string | null;
}

function isHorizon(value: number): value is Horizon {
  return (HORIZONS as readonly number[]).includes(value);
}

/** Reads a query string. What does not make sense is left out: an old or mistyped link still shows a map. */
export function readView(search: string): ViewState {
  const params = new URLSearchParams(search);
  const text = (name: string) => (params.get(name) === '' ? null : params.get(name));
  const horizon = Number(params.get('horizon'));
  const cell = cellId.safeParse(params.get('cell'));
  return {
    namespace: text('namespace'),
    eventType: text('event_type'),
    horizon: isHorizon(horizon) ? horizon : DEFAULT_HORIZON,
    cell: cell.success ? cell.data : null,
  };
}

/** The query string of a view, `?` included, or nothing where all is as it would be without. */
export function writeView(view: ViewState): string {
  const params = new URLSearchParams();
  if (view.namespace !== null) params.set('namespace', view.namespace);
  if (view.eventType !== null) params.set('event_type', view.eventType);
  if (view.horizon !== DEFAULT_HORIZON) params.set('horizon', String(view.horizon));
  if (view.cell !== null) params.set('cell', view.cell);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
