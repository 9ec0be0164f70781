/** A position in the write-ahead log as PostgreSQL writes it (`16/B374D848`), as a number that can be compared. */
export function parsePosition(text: string): bigint {
  const [high = '0', low = '0'] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

const PAGE = 8_192n;
const PAGE_HEADER = 24n;
const SEGMENT = 16_777_216n;
const SEGMENT_HEADER = 40n;

/**
 * Where the last record ends, of a position where the next one will begin: on a new page that is behind the page's
 * header, up to which nobody replays before there is a record. A primary that rests there would look ahead of all.
 */
export function endOfRecords(position: bigint): bigint {
  if (position % PAGE === PAGE_HEADER) return position - PAGE_HEADER;
  return position % SEGMENT === SEGMENT_HEADER ? position - SEGMENT_HEADER : position;
}

interface Sample {
  /** Milliseconds of a clock that only goes forward. */
  at: number;
  position: bigint;
}

/**
 * Where the primary's log stood when. A replica's lag is read off it: without comparing clocks of two machines, and
 * without taking a primary that rests for a replica that lags.
 */
export class WalSamples {
  private samples: Sample[] = [];

  /** @param keepMs for how long back a lag can be told */
  constructor(private readonly keepMs: number) {}

  add(sample: Sample): void {
    this.samples.push(sample);
    const from = sample.at - this.keepMs;
    if ((this.samples[0]?.at ?? from) < from) this.samples = this.samples.filter(({ at }) => at >= from);
  }

  /**
   * Milliseconds by which who has replayed up to a position is behind; Infinity where nothing is known of that time.
   * While the primary is away it is as far as it was: nothing is written meanwhile.
   */
  lagOf(position: bigint): number {
    const last = this.samples.at(-1);
    const reached = this.samples.findLast((sample) => sample.position <= position);
    return last && reached ? last.at - reached.at : Infinity;
  }
}

interface Write {
  at: number;
  /** A position at or behind the write; undefined until the primary was asked after it. */
  position: bigint | undefined;
}

const NEVER = 1n << 64n;

/**
 * Up to where a replica must have come before it may answer a token that wrote. The position is asked for behind the
 * write's back, so that no write pays for it; until it is known the token reads from the primary.
 */
export class OwnWrites {
  private readonly byToken = new Map<string, Write>();
  /** For everyone: what stands in for those that there was no room for. */
  private floor = 0n;

  constructor(
    private readonly keepMs: number,
    private readonly maxTokens = 10_000,
  ) {}

  wrote(tokenId: string, at: number): void {
    this.byToken.delete(tokenId);
    this.byToken.set(tokenId, { at, position: undefined });
    if (this.byToken.size > this.maxTokens) {
      const [oldest] = this.byToken;
      if (!oldest) return;
      this.byToken.delete(oldest[0]);
      const position = oldest[1].position ?? NEVER;
      if (position > this.floor) this.floor = position;
    }
  }

  /** The primary's log stood at `position` when it was asked at `askedAt` or later. */
  learned(position: bigint, askedAt: number): void {
    if (this.floor === NEVER) this.floor = position;
    for (const [tokenId, write] of this.byToken) {
      // By then every replica that is let answer has it.
      if (askedAt - write.at > this.keepMs) this.byToken.delete(tokenId);
      else if (write.position === undefined && write.at <= askedAt) write.position = position;
    }
  }

  /** The position a replica must have replayed to answer this token. */
  needed(tokenId: string | undefined): bigint {
    const write = tokenId === undefined ? undefined : this.byToken.get(tokenId);
    if (!write) return this.floor;
    const position = write.position ?? NEVER;
    return position > this.floor ? position : this.floor;
  }
}
