import { Client, type ClientConfig, type QueryResult } from 'pg';
import { RequestContext, requestContext } from '../http/request-context.js';
import { requestCancel } from './cancel-request.js';
import type { PreparedStatements } from './prepared-statements.js';

/** How long a server may take to stop a query; one that does not is frozen, and its connection is given up. */
const CANCEL_PATIENCE_MS = 2_000;
/** What ends a transaction is sent whatever the time is: it is what gives the connection back. */
const ENDS_TRANSACTION = /^\s*(?:ROLLBACK|RELEASE)\b/i;
/** In the middle of it a cancellation says nothing of what became of the transaction. */
const COMMITS = /^\s*COMMIT\b/i;
const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COMMIT']);

export interface DeadlineClientConfig extends ClientConfig {
  /** Called after a statement that wrote, with the token it was done for. */
  written?: (tokenId: string) => void;
  /** Those of the pool; undefined: every statement is sent as text. */
  prepared?: PreparedStatements;
}

/** The server's own code of a query that was stopped. */
const QUERY_CANCELED = '57014';

/** What a query that was stopped fails with: the same whether it had been sent or not. */
class QueryStopped extends Error {
  readonly code = QUERY_CANCELED;
}

/**
 * A connection whose queries live no longer than the request they are for: they do not begin after its end, and the
 * server is told to stop one that runs when the deadline passes or the caller leaves.
 */
export class DeadlineClient extends Client {
  private readonly written: DeadlineClientConfig['written'];
  private readonly prepared: DeadlineClientConfig['prepared'];

  constructor(config?: DeadlineClientConfig) {
    super(config);
    this.written = config?.written;
    this.prepared = config?.prepared;
  }

  // The signatures of the library are overloads that no override can spell; what it is called with goes through as it is.
  override query(...args: unknown[]): never {
    const send = super.query.bind(this) as unknown as (...args: unknown[]) => Promise<QueryResult>;
    const [text, values] = args;
    const run = () => send(...this.preparing(text, values, args));
    const context = requestContext();
    if (typeof text !== 'string' || !context || typeof args.at(-1) === 'function') return run() as never;
    return this.within(context, text, run) as never;
  }

  /** The arguments as they are, or with the name under which the statement is prepared. */
  private preparing(text: unknown, values: unknown, args: readonly unknown[]): readonly unknown[] {
    if (!this.prepared || typeof text !== 'string' || !Array.isArray(values) || values.length === 0) return args;
    const name = this.prepared.nameOf(text);
    return name === undefined ? args : [{ name, text, values }, ...args.slice(2)];
  }

  private async within(context: RequestContext, text: string, run: () => Promise<QueryResult>): Promise<QueryResult> {
    if (ENDS_TRANSACTION.test(text)) return run();
    const { signal } = context;
    if (signal.aborted) throw stopped(signal);
    const result = COMMITS.test(text) ? await run() : await this.stoppable(signal, run);
    if (this.written && context.tokenId !== undefined && WRITES.has(result.command)) this.written(context.tokenId);
    return result;
  }

  private async stoppable(signal: AbortSignal, run: () => Promise<QueryResult>): Promise<QueryResult> {
    let cancelling: Promise<void> | undefined;
    let killer: NodeJS.Timeout | undefined;
    const stop = () => {
      killer = setTimeout(() => this.connection.stream.destroy(), CANCEL_PATIENCE_MS);
      // Where it cannot be told, the connection is given up when its time is over.
      cancelling = this.requestCancel().catch(() => undefined);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await run();
    } catch (error) {
      if (signal.aborted) throw stopped(signal, error);
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      // Not before the server has dealt with it is the connection anybody else's.
      await cancelling;
      clearTimeout(killer);
    }
  }

  private requestCancel(): Promise<void> {
    const { host, port, ssl } = this;
    // Not in the library's types, though it is what its own cancellation is made of.
    const { processID, secretKey } = this as unknown as { processID: number; secretKey: number };
    return requestCancel({ host, port, ssl, processId: processID, secretKey }, CANCEL_PATIENCE_MS);
  }
}

function stopped(signal: AbortSignal, cause: unknown = signal.reason): QueryStopped {
  const why = signal.reason instanceof Error ? signal.reason.message : 'the request has ended';
  return new QueryStopped(`The query was stopped: ${why}`, { cause });
}
