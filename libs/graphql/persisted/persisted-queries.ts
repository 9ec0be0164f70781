import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { AppError } from '#platform';

/** What clients may have the server remember, in characters of queries. */
const MAX_REMEMBERED = 4_000_000;
const SHA256 = /^[0-9a-f]{64}$/;

/** How a request names its query: in full, by its hash, or both so that the hash is enough the next time. */
export interface NamedQuery {
  query?: string | undefined;
  sha256Hash?: string | undefined;
}

const allowList = z.record(z.string().regex(SHA256, 'must be a SHA-256 in lower-case hexadecimal'), z.string().min(1));

export const sha256 = (query: string): string => hash('sha256', query, 'hex');

/** Queries that are known by their SHA-256: those clients have sent before, or those that alone may be run. */
export class PersistedQueries {
  private readonly remembered = new LRUCache<string, string>({
    maxSize: MAX_REMEMBERED,
    sizeCalculation: (query) => query.length + 64,
  });

  constructor(private readonly allowed?: ReadonlyMap<string, string>) {}

  /** @throws Error where the file is no list of queries by their hashes */
  static fromFile(path: string): PersistedQueries {
    const listed = allowList.parse(JSON.parse(readFileSync(path, 'utf8')));
    for (const [name, query] of Object.entries(listed))
      if (sha256(query) !== name) throw new Error(`${path}: ${name} is not the SHA-256 of its query`);
    return new PersistedQueries(new Map(Object.entries(listed)));
  }

  get listed(): Iterable<string> {
    return this.allowed?.values() ?? [];
  }

  /**
   * The text of the query that is meant.
   * @throws AppError GRAPHQL_INVALID, GRAPHQL_NOT_LISTED, PERSISTED_QUERY_NOT_FOUND
   */
  resolve({ query, sha256Hash }: NamedQuery): string {
    if (query === undefined && sha256Hash === undefined)
      throw new AppError('GRAPHQL_INVALID', 'Send a query, or the SHA-256 of one in extensions.persistedQuery');
    const name = sha256Hash ?? sha256(query ?? '');
    if (query !== undefined && sha256Hash !== undefined && sha256(query) !== sha256Hash)
      throw new AppError('GRAPHQL_INVALID', 'extensions.persistedQuery.sha256Hash is not that of the query');
    if (this.allowed) {
      const listed = this.allowed.get(name);
      if (listed === undefined) throw new AppError('GRAPHQL_NOT_LISTED', 'Only queries of the allow-list are run here');
      return listed;
    }
    const found = query ?? this.remembered.get(name);
    // Clients know this message, and send the query with its hash.
    if (found === undefined) throw new AppError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
    return found;
  }

  /** Remembers a query that has proved valid under the hash it was sent with. */
  keep({ query, sha256Hash }: NamedQuery): void {
    if (!this.allowed && query !== undefined && sha256Hash !== undefined) this.remembered.set(sha256Hash, query);
  }
}
