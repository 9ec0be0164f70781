const AWAY_STATE = /^(08|57P|53)/;
const AWAY =
  /ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|Connection terminated|not queryable|timeout exceeded when trying to connect|Driver not Connected/;
/** serialization_failure: what a standby says when it had to drop rows a query still needed. */
const CONFLICT = '40001';

/**
 * What of an error is the replica's fault, so that the primary may do better: it is `away`, or a query came into
 * `conflict` with what it replays. undefined: the query's own, or its time was over.
 */
export function isReplicasFault(error: unknown): 'away' | 'conflict' | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === CONFLICT) return 'conflict';
  return AWAY_STATE.test(code) || AWAY.test(`${code} ${error.message}`) ? 'away' : undefined;
}
