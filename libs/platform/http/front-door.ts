import type { IncomingHttpHeaders } from 'node:http';

/**
 * A caller that this process knows: by which token, for which namespace, with which scopes. Who asks again is the same
 * object, for as long as nothing about them changes.
 */
export interface KnownCaller {
  tokenId: string;
  namespaceId: string;
  mayRead(scope: string): boolean;
}

/**
 * What the hot path asks of whoever knows tokens and limits, from memory and at once. Whom it does not know, or has used
 * up the budget, takes the long way, which decides in full.
 */
export abstract class FrontDoor {
  /**
   * undefined: not known here, not good any more, or asking for a namespace that is not theirs.
   * @param connection the socket that the request came by
   */
  abstract known(headers: IncomingHttpHeaders, connection: object): KnownCaller | undefined;

  /**
   * Takes one request from the caller's budget: the headers that tell of it, names and values in turn; undefined when
   * nothing is left.
   */
  abstract take(caller: KnownCaller): readonly string[] | undefined;
}
