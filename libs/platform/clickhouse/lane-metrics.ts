import { gauge } from '../telemetry/metrics.js';

interface Watched {
  readonly line: 'read' | 'write';
  readonly of: { readonly counts: { in_use: number; waiting: number } };
}

const lines = new Set<Watched>();

gauge({
  name: 'strisk_clickhouse_lanes',
  help: 'Connections to ClickHouse that work, and callers that wait for one',
  labelNames: ['line', 'state'],
  collect() {
    this.reset();
    for (const { line, of } of lines)
      for (const [state, count] of Object.entries(of.counts)) this.inc({ line, state }, count);
  },
});

/** @returns what takes them out again */
export function watchLanes(watched: readonly Watched[]): () => void {
  for (const one of watched) lines.add(one);
  return () => {
    for (const one of watched) lines.delete(one);
  };
}
