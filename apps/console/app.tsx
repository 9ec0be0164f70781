import { useCallback, useEffect, useMemo, useState } from 'react';
import { Api } from './api/api.js';
import { ApiError } from './api/api-error.js';
import { explain } from './api/explain.js';
import { ConsolePage } from './console-page.js';
import { type OpenSession, openSession } from './session/open-session.js';
import { saveSession, type Session, takeSession } from './session/session.js';
import { SignIn } from './session/sign-in.js';
import { readView } from './view/view-state.js';
import { useViewState } from './view/use-view-state.js';

type Stage =
  | { readonly is: 'out'; readonly error: ApiError | null }
  | { readonly is: 'entering' }
  | { readonly is: 'waiting'; readonly error: ApiError }
  | { readonly is: 'in'; readonly open: OpenSession };

const RETRY_MS = 4_000;
const arrived = () => takeSession(window.sessionStorage, window.location, window.history);

/** The gate: a token first, the console behind it. */
export function App() {
  const [session, setSession] = useState<Session | null>(arrived);
  const [view, changeView] = useViewState();
  const [stage, setStage] = useState<Stage>(session === null ? { is: 'out', error: null } : { is: 'entering' });
  const [attempt, setAttempt] = useState(0);

  const enter = useCallback((next: Session) => {
    saveSession(window.sessionStorage, next);
    setStage({ is: 'entering' });
    setSession(next);
  }, []);

  const leave = useCallback((error: ApiError | null) => {
    saveSession(window.sessionStorage, null);
    setSession(null);
    setStage({ is: 'out', error });
  }, []);

  // A link with a token opened in a tab that already shows the console changes the fragment and loads nothing.
  useEffect(() => {
    const follow = () => {
      const next = arrived();
      if (next === null) return;
      enter(next);
      changeView(readView(window.location.search));
    };
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, [enter, changeView]);

  useEffect(() => {
    if (session === null) return undefined;
    const controller = new AbortController();
    let timer: number | undefined;
    const wanted = readView(window.location.search).namespace ?? session.namespace;
    openSession({ ...session, namespace: wanted }, controller.signal).then(
      (open) => {
        if (controller.signal.aborted) return;
        changeView({ namespace: open.self.namespace.namespace_id });
        setStage({ is: 'in', open });
      },
      (failure: unknown) => {
        if (controller.signal.aborted) return;
        const error =
          failure instanceof ApiError ? failure : new ApiError(0, 'PAGE', String(failure), { cause: failure });
        // A server that is just starting is no reason to throw a good token away.
        if (!error.passing) return leave(error);
        setStage({ is: 'waiting', error });
        timer = window.setTimeout(() => setAttempt((n) => n + 1), error.details.retryAfterMs ?? RETRY_MS);
      },
    );
    return () => {
      controller.abort();
      window.clearTimeout(timer);
    };
  }, [session, attempt, leave, changeView]);

  const open = stage.is === 'in' ? stage.open : null;
  const api = useMemo(
    () =>
      session === null || open === null
        ? null
        : new Api({ token: session.token, namespace: open.namespaceHeader }, leave),
    [session, open, leave],
  );

  const chooseNamespace = useCallback(
    (namespace: string) => {
      if (session === null) return;
      changeView({ namespace, eventType: null, cell: null });
      enter({ ...session, namespace });
    },
    [session, enter, changeView],
  );

  if (stage.is === 'in' && api !== null) {
    return (
      <ConsolePage
        key={`${stage.open.self.token_id}/${stage.open.self.namespace.namespace_id}`}
        api={api}
        session={stage.open}
        view={view}
        changeView={changeView}
        onNamespace={chooseNamespace}
        onSignOut={() => leave(null)}
      />
    );
  }
  if (stage.is === 'out')
    return <SignIn error={stage.error} onToken={(token) => enter({ token, namespace: view.namespace })} />;
  return (
    <main className="entering" data-testid="entering" role="status">
      <span className="spinner" aria-hidden="true" />
      {stage.is === 'waiting' ? (
        <p>
          <strong>{explain(stage.error).title}.</strong> Trying again by itself…
        </p>
      ) : (
        <p>Signing in…</p>
      )}
      {stage.is === 'waiting' && (
        <button type="button" className="button button--quiet" onClick={() => leave(null)}>
          Use another token
        </button>
      )}
    </main>
  );
}
