import { useId, useState, type SubmitEvent } from 'react';
import type { ApiError } from '../api/api-error.js';
import { explain } from '../api/explain.js';
import { Mark } from '../bar/mark.js';

/** The card that asks for a token, with what was wrong with the last one. */
export function SignIn({ error, onToken }: { error: ApiError | null; onToken(token: string): void }) {
  const [token, setToken] = useState('');
  const [missing, setMissing] = useState(false);
  const field = useId();
  const message = useId();
  const problem = missing
    ? { title: 'A token is needed', detail: 'Enter the token you were given.' }
    : error === null
      ? null
      : explain(error);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    // Copied from a shell or a chat, a token often brings spaces or quotes along.
    const clean = token.trim().replace(/^["'`]|["'`]$/g, '');
    setMissing(clean === '');
    if (clean !== '') onToken(clean);
  };

  return (
    <main className="signin">
      <form className="signin__card" onSubmit={submit} noValidate data-testid="sign-in">
        <Mark />
        <h1>Live risk map</h1>
        <p className="muted">
          Sign in with an access token of your namespace. It stays in this tab and is forgotten with it.
        </p>
        {problem !== null && (
          <div
            className="notice notice--bad"
            role="alert"
            id={message}
            data-testid="sign-in-error"
            data-code={error?.code}
          >
            <strong>{problem.title}</strong>
            <span>{problem.detail}</span>
          </div>
        )}
        <label htmlFor={field}>Access token</label>
        <input
          id={field}
          name="token"
          type="password"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          autoFocus
          value={token}
          onChange={(event) => setToken(event.target.value)}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? undefined : message}
        />
        <button type="submit" className="button button--main">
          Sign in
        </button>
        <p className="signin__hint muted">
          The first administrator’s token is printed by <code>npm start</code>; <code>strisk token create</code> makes
          more.
        </p>
      </form>
    </main>
  );
}
