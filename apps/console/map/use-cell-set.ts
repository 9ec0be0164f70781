import type { CellRisk } from '#contracts';
import { useEffect, useRef, useState } from 'react';
import { CellSet, sameCells } from './cell-set.js';
import type { OutlinesReply, OutlinesRequest } from './outlines.worker.js';

/**
 * The outlines of a surface's cells, computed by a worker: at 100,000 cells that is half a second which the page must
 * not stand still. The set stays the same object as long as the surface covers the same cells, as it does from one
 * refresh and one horizon to the next. Null until the first is there.
 */
export function useCellSet(risks: readonly CellRisk[] | null): { set: CellSet | null; error: string | null } {
  const [set, setSet] = useState<CellSet | null>(null);
  const [error, setError] = useState<string | null>(null);
  const worker = useRef<Worker | null>(null);
  const asked = useRef<{ id: number; cells: readonly string[] }>({ id: 0, cells: [] });

  useEffect(() => {
    const current = new Worker(new URL('./outlines.worker.ts', import.meta.url), { type: 'module' });
    current.onmessage = ({ data }: MessageEvent<OutlinesReply>) => {
      // An answer that was overtaken by a newer question is of no use.
      if (data.id !== asked.current.id) return;
      if ('error' in data) return setError(data.error);
      setError(null);
      setSet(new CellSet(asked.current.cells, data.outlines));
    };
    current.onerror = () => setError('the worker that draws the hexagons could not be started');
    worker.current = current;
    asked.current = { id: 0, cells: [] };
    return () => current.terminate();
  }, []);

  useEffect(() => {
    if (risks === null) return;
    const cells = risks.map((risk) => risk.cell);
    if (asked.current.id > 0 && sameCells(cells, asked.current.cells)) return;
    asked.current = { id: asked.current.id + 1, cells };
    worker.current?.postMessage({ id: asked.current.id, cells } satisfies OutlinesRequest);
  }, [risks]);

  return { set, error };
}
