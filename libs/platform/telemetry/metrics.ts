import {
  Counter,
  type CounterConfiguration,
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type HistogramConfiguration,
  register,
} from 'prom-client';

/**
 * The process's metrics by name, each made once however many applications a process holds (tests hold several). For
 * code that stands outside of dependency injection: hooks, pools, caches.
 */
export function counter<L extends string>(configuration: CounterConfiguration<L>): Counter<L> {
  return (register.getSingleMetric(configuration.name) as Counter<L> | undefined) ?? new Counter(configuration);
}

export function gauge<L extends string>(configuration: GaugeConfiguration<L>): Gauge<L> {
  return (register.getSingleMetric(configuration.name) as Gauge<L> | undefined) ?? new Gauge(configuration);
}

export function histogram<L extends string>(configuration: HistogramConfiguration<L>): Histogram<L> {
  return (register.getSingleMetric(configuration.name) as Histogram<L> | undefined) ?? new Histogram(configuration);
}
