import { Counter, Gauge, Histogram, register } from 'prom-client';
import type { CacheStatistics } from './statistics.js';

type Figure = (statistics: CacheStatistics) => number;

/**
 * The caches in Prometheus' words. The figures are counted where things happen, as plain numbers, and read when the page is
 * asked for: a labelled counter costs more than the look-up it would count.
 */
export class CacheMetrics {
  private readonly names: string[] = [];
  private readonly statistics: ReadonlyMap<string, CacheStatistics>;
  private readonly seconds: Histogram;

  constructor(statistics: ReadonlyMap<string, CacheStatistics>) {
    this.statistics = statistics;
    const levels: [string, Figure][] = [
      ['memory', ({ memoryHits }) => memoryHits],
      ['redis', ({ redisHits }) => redisHits],
    ];
    this.counter('hits_total', 'Fresh values found, by level', levels);
    this.counter('misses_total', 'Callers that waited for a load', ({ misses }) => misses);
    this.counter('stale_total', 'Old values served while a new one was made or could not be', ({ stale }) => stale);
    this.counter('loads_total', 'Loads started', ({ loads }) => loads);
    this.counter('load_failures_total', 'Loads that failed', ({ loadFailures }) => loadFailures);
    this.counter('evictions_total', 'Values that left memory for want of room', ({ evictions }) => evictions);
    this.gauge('entries', 'Values in memory', ({ entries }) => entries);
    this.gauge('bytes', 'Bytes of values in memory, roughly', ({ bytes }) => bytes);
    this.seconds = new Histogram({
      name: this.named('load_seconds'),
      help: 'How long loads took',
      labelNames: ['cache'],
      buckets: [0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 1, 5],
    });
  }

  loaded(cache: string, seconds: number): void {
    this.seconds.observe({ cache }, seconds);
  }

  close(): void {
    for (const name of this.names) register.removeSingleMetric(name);
  }

  private counter(name: string, help: string, figures: Figure | [level: string, Figure][]): void {
    const { statistics } = this;
    const byLevel = typeof figures !== 'function';
    new Counter({
      name: this.named(name),
      help,
      labelNames: byLevel ? ['cache', 'level'] : ['cache'],
      collect() {
        this.reset();
        for (const [cache, counted] of statistics) {
          if (!byLevel) this.inc({ cache }, figures(counted));
          else for (const [level, figure] of figures) this.inc({ cache, level }, figure(counted));
        }
      },
    });
  }

  private gauge(name: string, help: string, figure: Figure): void {
    const { statistics } = this;
    new Gauge({
      name: this.named(name),
      help,
      labelNames: ['cache'],
      collect() {
        for (const [cache, counted] of statistics) this.set({ cache }, figure(counted));
      },
    });
  }

  /** A second cache in one process (in tests) takes the names over. */
  private named(short: string): string {
    const name = `strisk_cache_${short}`;
    register.removeSingleMetric(name);
    this.names.push(name);
    return name;
  }
}
