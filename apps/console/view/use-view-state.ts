import { useCallback, useEffect, useState } from 'react';
import { readView, type ViewState, writeView } from './view-state.js';

/** The view as the address bar has it. Changes replace the entry: a map that refreshes is no place to go back through. */
export function useViewState(): [ViewState, (change: Partial<ViewState>) => void] {
  const [view, setView] = useState(() => readView(window.location.search));

  useEffect(() => {
    const follow = () => setView(readView(window.location.search));
    window.addEventListener('popstate', follow);
    return () => window.removeEventListener('popstate', follow);
  }, []);

  const change = useCallback((part: Partial<ViewState>) => {
    const next = { ...readView(window.location.search), ...part };
    window.history.replaceState(null, '', `${window.location.pathname}${writeView(next)}`);
    setView(next);
  }, []);

  return [view, change];
}
