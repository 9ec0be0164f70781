/** What happened to one cache in this process since its start. */
export class CacheStatistics {
  memoryHits = 0;
  redisHits = 0;
  /** Asked for and neither fresh nor stale anywhere: the caller waited for a load. */
  misses = 0;
  /** Served although old, while a new one was made or could not be. */
  stale = 0;
  loads = 0;
  loadFailures = 0;
  /** Left memory for want of room. */
  evictions = 0;
  /** In memory now, what has died but was not yet cleared away with it. */
  entries = 0;
  bytes = 0;

  /** Share of the answers that needed no load; 0 where nothing was asked for. */
  get hitRatio(): number {
    const kept = this.memoryHits + this.redisHits + this.stale;
    return kept === 0 ? 0 : kept / (kept + this.misses);
  }
}
