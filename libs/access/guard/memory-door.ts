import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { FrontDoor, type KnownCaller } from '#platform';
import { budgetHeaders } from '../limits/budget-headers.js';
import { Budgets } from '../limits/budgets.js';
import { tokenTracker } from '../limits/trackers.js';
import { Gate, hasScope } from './gate.js';

/** The front door of the hot path: tokens, namespaces and budgets as this process has them in memory. */
@Injectable()
export class MemoryDoor extends FrontDoor {
  constructor(
    private readonly gate: Gate,
    private readonly budgets: Budgets,
  ) {
    super();
  }

  override known(headers: IncomingHttpHeaders, connection: object): KnownCaller | undefined {
    const known = this.gate.known(headers, connection);
    if (!known) return undefined;
    const { principal, namespaceId } = known;
    return { tokenId: principal.tokenId, namespaceId, mayRead: (scope) => hasScope(principal, scope) };
  }

  override take({ tokenId }: KnownCaller): Readonly<Record<string, string>> | undefined {
    const taken = this.budgets.take(tokenTracker(tokenId));
    return taken.allowed ? budgetHeaders(taken) : undefined;
  }
}
