import { SetMetadata } from '@nestjs/common';

export const ATOMIC = Symbol('atomic');

/**
 * The route may be part of an all-or-nothing batch: everything it changes is changed through the ambient transaction of
 * `Postgres`, and what it does beside that waits for the commit. A route without it cannot be taken back.
 */
export const Atomic = () => SetMetadata(ATOMIC, true);
