import type { ReactNode } from 'react';
import { explain } from '../api/explain.js';
import type { Live } from '../live/use-live.js';

/** One part of the panel with its three states. A refresh that fails keeps what is there. */
export function Section<T>(props: { title: string; name: string; live: Live<T>; children(value: T): ReactNode }) {
  const { title, name, live, children } = props;
  const state = live.value !== undefined ? 'ready' : live.error !== null ? 'error' : 'loading';
  const problem = live.error === null ? null : explain(live.error);
  return (
    <section
      className="block"
      aria-label={title}
      data-testid={`panel-${name}`}
      data-state={state}
      aria-busy={state === 'loading'}
    >
      <h3>{title}</h3>
      {live.value !== undefined && children(live.value)}
      {state === 'loading' && <p className="skeleton" aria-label="Loading" />}
      {state === 'error' && problem !== null && (
        <div className="notice" role="status">
          <span>
            <strong>{problem.title}.</strong> {problem.detail}
          </span>
          <button type="button" className="button button--small" onClick={live.refresh}>
            Try again
          </button>
        </div>
      )}
    </section>
  );
}
