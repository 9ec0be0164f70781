/** A batch in the spool, without what it holds. */
export interface SpooledBatch {
  /** Rises with each batch of a namespace. Digits: it is more than a JavaScript number keeps. */
  readonly position: string;
  readonly part: number;
  readonly rows: number;
  readonly bytes: number;
  /** How often ClickHouse has refused it. */
  readonly refusals: number;
}

export interface RoundLimits {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * What a drain writes at once, of the batches in their order: as many from the first on as the limits hold, one at
 * least. A batch that was refused before goes alone, so that it can do no harm to others.
 */
export function nextRound(batches: readonly SpooledBatch[], limits: RoundLimits): SpooledBatch[] {
  const round: SpooledBatch[] = [];
  let rows = 0;
  let bytes = 0;
  for (const batch of batches) {
    rows += batch.rows;
    bytes += batch.bytes;
    const fits = rows <= limits.rows && bytes <= limits.bytes && batch.refusals === 0;
    if (round.length > 0 && !fits) break;
    round.push(batch);
    if (batch.refusals > 0) break;
  }
  return round;
}

/** Refusals of a whole batch before it is looked at closer. */
const PATIENCE = 3;
/** Rows of one batch that are set aside one by one; where there are more, what is left of a piece is set aside whole. */
const MAX_SINGLES = 20;

export type Consequence = 'again' | 'cut' | 'park';

/**
 * What becomes of a batch that was refused once more: it is tried again, then cut into halves and these likewise, until
 * the rows at fault lie alone and are set aside.
 * @param refusals this one included
 * @param parked pieces of the same batch that were set aside already
 */
export function consequenceOf(batch: { rows: number; refusals: number }, parked: number): Consequence {
  if (batch.refusals < PATIENCE) return 'again';
  return batch.rows === 1 || parked >= MAX_SINGLES ? 'park' : 'cut';
}

/** A half of a batch is tried once: it is known by then that something in the whole is wrong. */
export const REFUSALS_OF_A_HALF = PATIENCE - 1;
