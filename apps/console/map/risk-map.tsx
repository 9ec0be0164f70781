import type { CellRisk } from '#contracts';
import { useEffect, useImperativeHandle, useMemo, useRef, useState, type KeyboardEvent, type Ref } from 'react';
import { formatLatitude, formatLongitude, formatProbability } from '../format/format.js';
import { LEVEL_NAMES, levelColour } from '../surface/levels.js';
import { decimalsOf } from './graticule.js';
import type { CellSet } from './cell-set.js';
import type { Frame, Padding, Pointed, RiskMapView } from './view.js';

/** MapLibre is most of the page's weight: asked for as soon as this module is, so that it loads beside the first calls. */
const viewModule = import('./view.js');

export interface RiskMapHandle {
  flyTo(cell: string): void;
}

export interface RiskMapProps {
  readonly ref?: Ref<RiskMapHandle>;
  readonly set: CellSet | null;
  /** One shade per cell of the set (see shadeOf); null while the surface is loading. */
  readonly shades: Float32Array | null;
  readonly risks: ReadonlyMap<string, CellRisk>;
  /** What the shades belong to, shown to tests as `data-horizon`. */
  readonly horizon: number;
  readonly selected: string | null;
  readonly padding: Padding;
  onSelect(cell: string | null): void;
}

type Drawing = 'loading' | 'painting' | 'ready' | 'failed';

export function RiskMap({ ref, set, shades, risks, horizon, selected, padding, onSelect }: RiskMapProps) {
  const element = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<RiskMapView | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [painted, setPainted] = useState<Float32Array | null>(null);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const [settled, setSettled] = useState(false);
  const [frame, setFrame] = useState<Frame | null>(null);
  const [byKeyboard, setByKeyboard] = useState(false);
  const latest = useRef({ onSelect, shades });
  useEffect(() => {
    latest.current = { onSelect, shades };
  });

  useEffect(() => {
    let gone = false;
    let made: RiskMapView | null = null;
    viewModule.then(
      (module) => {
        if (gone || element.current === null) return;
        try {
          made = new module.RiskMapView(element.current, {
            select: (cell) => latest.current.onSelect(cell),
            point: setPointed,
            frame: setFrame,
            painted: () => setPainted(latest.current.shades),
            settled: () => setSettled(true),
            failed: setFailure,
          });
          setView(made);
        } catch (error) {
          setFailure(error instanceof Error ? error.message : String(error));
        }
      },
      (error: unknown) => setFailure(String(error)),
    );
    return () => {
      gone = true;
      made?.destroy();
    };
  }, []);

  useEffect(() => view?.setPadding(padding), [view, padding]);
  useEffect(() => view?.setByKeyboard(byKeyboard), [view, byKeyboard]);
  const fitted = useRef<CellSet | null>(null);
  useEffect(() => {
    if (view === null) return;
    if (set === null || shades === null) {
      if (set === null) void view.clear();
      return;
    }
    if (fitted.current !== set) {
      view.fit(set, fitted.current !== null);
      fitted.current = set;
    }
    void view.show(set, shades);
  }, [view, set, shades]);
  useEffect(() => void view?.select(selected), [view, selected, set]);
  useImperativeHandle(ref, () => ({ flyTo: (cell) => view?.flyTo(cell) }), [view]);

  const drawing: Drawing =
    failure !== null ? 'failed' : shades === null ? 'loading' : painted === shades ? 'ready' : 'painting';

  const pressed = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && event.target instanceof HTMLCanvasElement) view?.selectMiddle();
    else if (event.key.startsWith('Arrow') || event.key === '+' || event.key === '-') setByKeyboard(true);
  };

  return (
    <div
      className={`map map--${drawing}`}
      data-testid="map"
      data-state={drawing}
      data-cells={drawing === 'ready' ? (set?.cells.length ?? 0) : 0}
      data-horizon={horizon}
      data-ground={settled ? 'ready' : 'loading'}
      onKeyDown={pressed}
      onPointerMove={() => setByKeyboard(false)}
      onBlur={() => setByKeyboard(false)}
    >
      <div ref={element} className="map__canvas" />
      {frame !== null && <MapFrame frame={frame} />}
      {byKeyboard && <div className="map__cross" aria-hidden="true" />}
      {failure !== null && (
        <div className="map__failure" role="alert">
          <strong>The map cannot be drawn</strong>
          <p>Most often WebGL is missing or switched off in the browser. The lists work all the same.</p>
          <p className="muted">{failure}</p>
        </div>
      )}
      <Pointer pointed={pointed} risk={pointed?.cell == null ? undefined : risks.get(pointed.cell)} />
      <div className="map__tools" role="group" aria-label="Map view">
        <button type="button" aria-label="Zoom in" onClick={() => view?.zoomBy(1)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => view?.zoomBy(-1)}>
          −
        </button>
        <button type="button" aria-label="Show the whole area" onClick={() => set !== null && view?.fit(set, true)}>
          <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
            <path
              d="M1.5 5.5v-4h4M10.5 1.5h4v4M14.5 10.5v4h-4M5.5 14.5h-4v-4"
              fill="none"
              stroke="currentColor"
              strokeWidth="1.6"
            />
          </svg>
        </button>
      </div>
    </div>
  );
}

/** Degrees along the edges: without streets, they and the scale bar say where one is. */
function MapFrame({ frame }: { frame: Frame }) {
  const digits = useMemo(() => decimalsOf(frame.step), [frame.step]);
  return (
    <div className="frame" aria-hidden="true">
      {frame.meridians.map(({ at, degrees }) => (
        <span key={degrees} className="frame__x" style={{ left: at }}>
          {formatLongitude(degrees, digits)}
        </span>
      ))}
      {frame.parallels.map(({ at, degrees }) => (
        <span key={degrees} className="frame__y" style={{ top: at }}>
          {formatLatitude(degrees, digits)}
        </span>
      ))}
    </div>
  );
}

function Pointer({ pointed, risk }: { pointed: Pointed | null; risk: CellRisk | undefined }) {
  if (pointed === null) return null;
  return (
    <>
      <output className="map__readout" aria-label="Position">
        {formatLatitude(pointed.lat)} {formatLongitude(pointed.lon)}
      </output>
      {risk !== undefined && (
        <div className="map__tip" style={{ left: pointed.x, top: pointed.y }} aria-hidden="true">
          <span className="dot" style={{ background: levelColour(risk.level) }} />
          <strong>{formatProbability(risk.p_event)}</strong> {LEVEL_NAMES[risk.level]}
        </div>
      )}
    </>
  );
}
