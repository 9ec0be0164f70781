import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { FrontDoor, type KnownCaller } from '#platform';
import { budgetLines } from '../limits/budget-headers.js';
import { Budgets, type Tracker } from '../limits/budgets.js';
import { tokenTracker } from '../limits/trackers.js';
import type { Principal } from './access-context.js';
import { Gate, hasScope } from './gate.js';

/** A caller with what does not change from one request to the next. */
class Caller implements KnownCaller {
  readonly tokenId: string;
  readonly tracker: Tracker;
  private readonly mayReads = new Map<string, boolean>();

  constructor(
    private readonly principal: Principal,
    readonly namespaceId: string,
  ) {
    this.tokenId = principal.tokenId;
    this.tracker = tokenTracker(principal.tokenId);
  }

  /** @param scope one that a route names, so there are few */
  mayRead(scope: string): boolean {
    const known = this.mayReads.get(scope);
    if (known !== undefined) return known;
    const may = hasScope(this.principal, scope);
    this.mayReads.set(scope, may);
    return may;
  }
}

/** The front door of the hot path: tokens, namespaces and budgets as this process has them in memory. */
@Injectable()
export class MemoryDoor extends FrontDoor {
  /** As whom each principal came last; an administrator names the namespace with each request. */
  private readonly callers = new WeakMap<Principal, Caller>();

  constructor(
    private readonly gate: Gate,
    private readonly budgets: Budgets,
  ) {
    super();
  }

  override known(headers: IncomingHttpHeaders, connection: object): Caller | undefined {
    const known = this.gate.known(headers, connection);
    if (!known) return undefined;
    const { principal, namespaceId } = known;
    let caller = this.callers.get(principal);
    if (caller?.namespaceId !== namespaceId) this.callers.set(principal, (caller = new Caller(principal, namespaceId)));
    return caller;
  }

  override take({ tracker }: Caller): readonly string[] | undefined {
    const taken = this.budgets.take(tracker);
    return taken.allowed ? budgetLines(taken) : undefined;
  }
}
