import { AppError } from '#platform';

/** A stream may be open for hours, so its kind of limit is how many there are at once. */
export class StreamSlots {
  private readonly byToken = new Map<string, number>();
  private total = 0;

  constructor(private readonly bounds: { all: number; ofToken: number }) {}

  /**
   * @returns gives it back; a second call does nothing
   * @throws AppError STREAMS_TOO_MANY where the token has its share, OVERLOADED where the process has its own
   */
  take(tokenId: string): () => void {
    const own = this.byToken.get(tokenId) ?? 0;
    if (own >= this.bounds.ofToken)
      throw new AppError('STREAMS_TOO_MANY', `A token may have ${this.bounds.ofToken} streams open at once`, {
        headers: { 'Retry-After': '10' },
      });
    if (this.total >= this.bounds.all)
      throw new AppError('OVERLOADED', 'As many streams are open as this process can serve', {
        headers: { 'Retry-After': '10' },
      });
    this.byToken.set(tokenId, own + 1);
    this.total++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.total--;
      const left = (this.byToken.get(tokenId) ?? 1) - 1;
      if (left === 0) this.byToken.delete(tokenId);
      else this.byToken.set(tokenId, left);
    };
  }

  get open(): number {
    return this.total;
  }
}
