import { SetMetadata } from '@nestjs/common';

export interface IdempotentRule {
  /**
   * `transaction`: key, change and answer are committed together, so that a crash leaves all or nothing. `effect`: what
   * is done is not in PostgreSQL alone and does no harm when it is done again; the answer is kept once it is there.
   */
  mode: 'transaction' | 'effect';
}

export const IDEMPOTENT = Symbol('idempotent');

/** With an `Idempotency-Key` the request is done once; whoever sends it again gets the first answer. */
export const Idempotent = (mode: IdempotentRule['mode'] = 'transaction') =>
  SetMetadata(IDEMPOTENT, { mode } satisfies IdempotentRule);
