import { ALL_EVENT_TYPES, type RiskMap } from '#contracts';
import type { ReactNode } from 'react';
import type { OpenSession } from '../session/open-session.js';
import type { Horizon } from '../view/view-state.js';
import { Freshness } from './freshness.js';
import { HorizonSwitch } from './horizon-switch.js';
import { Mark } from './mark.js';

export interface TopBarProps {
  readonly session: OpenSession;
  readonly choices: readonly string[];
  readonly eventType: string | null;
  readonly horizon: Horizon;
  readonly surface: RiskMap | null;
  readonly now: number;
  onNamespace(namespace: string): void;
  onEventType(eventType: string): void;
  onHorizon(horizon: Horizon): void;
  onSignOut(): void;
}

export const typeName = (eventType: string) => (eventType === ALL_EVENT_TYPES ? 'All types together' : eventType);

export function TopBar(props: TopBarProps) {
  const { session, choices, eventType, horizon, surface, now } = props;
  const { namespace, name } = session.self;
  return (
    <header className="bar">
      <Mark />
      <div className="bar__place">
        <Field label="Namespace">
          {session.namespaces.length > 1 ? (
            <select
              value={namespace.namespace_id}
              aria-label="Namespace"
              data-testid="namespace"
              onChange={(event) => props.onNamespace(event.target.value)}
            >
              {session.namespaces.map((each) => (
                <option key={each.namespace_id} value={each.namespace_id}>
                  {each.name}
                </option>
              ))}
            </select>
          ) : (
            <span className="bar__value" data-testid="namespace">
              {namespace.name}
            </span>
          )}
        </Field>
        {eventType !== null && (
          <Field label="Events">
            {choices.length > 1 ? (
              <select
                value={eventType}
                aria-label="Event type"
                data-testid="event-type"
                onChange={(event) => props.onEventType(event.target.value)}
              >
                {choices.map((each) => (
                  <option key={each} value={each}>
                    {typeName(each)}
                  </option>
                ))}
              </select>
            ) : (
              <span className="bar__value" data-testid="event-type">
                {typeName(eventType)}
              </span>
            )}
          </Field>
        )}
      </div>
      <HorizonSwitch value={horizon} onChange={props.onHorizon} />
      {surface !== null && <Freshness surface={surface} zone={namespace.time_zone} now={now} />}
      <div className="bar__who">
        <span className="muted bar__token" title="The token you are signed in with">
          {name}
        </span>
        <button type="button" className="button button--quiet" onClick={props.onSignOut} data-testid="sign-out">
          Sign out
        </button>
      </div>
    </header>
  );
}

function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="bar__field">
      <span className="bar__label" aria-hidden="true">
        {label}
      </span>
      {children}
    </div>
  );
}
