import type { ReactNode } from 'react';

/** What stands in the middle of the map where there is none to show. */
export function Overlay({
  kind,
  title,
  children,
}: {
  kind: 'empty' | 'error' | 'loading';
  title: string;
  children?: ReactNode;
}) {
  return (
    <div className="overlay" data-testid="overlay" data-kind={kind} role={kind === 'error' ? 'alert' : 'status'}>
      <div className="overlay__card">
        {kind === 'loading' && <span className="spinner" aria-hidden="true" />}
        <h2>{title}</h2>
        {children}
      </div>
    </div>
  );
}
