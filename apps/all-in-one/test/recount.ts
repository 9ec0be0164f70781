import { gridRing, latLngToCell } from 'h3-js';
import { DateTime } from 'luxon';
import type { CellFeatures, EventTypeSummary } from '#contracts';

/** What features are made of, in the plainest words. */
export interface CountedEvent {
  timestamp: string;
  lat: number;
  lon: number;
  event_type: string;
  amount?: number | null;
}

const HOUR = 3_600_000;
const WINDOWS = { '1h': HOUR, '24h': 24 * HOUR, '7d': 168 * HOUR, '28d': 672 * HOUR } as const;
type Window = keyof typeof WINDOWS;

/** `GET /event-types` by counting every event. */
export function recountTypes(events: readonly CountedEvent[], resolution: number): EventTypeSummary[] {
  const types = [...new Set(events.map(({ event_type }) => event_type))];
  const iso = (time: number) => new Date(time).toISOString();
  return types
    .map((event_type) => {
      const own = events.filter((event) => event.event_type === event_type);
      const times = own.map(({ timestamp }) => Date.parse(timestamp)).sort((a, b) => a - b);
      return {
        event_type,
        events: own.length,
        cells: new Set(own.map(({ lat, lon }) => latLngToCell(lat, lon, resolution))).size,
        first: iso(times[0] ?? 0),
        last: iso(times.at(-1) ?? 0),
      };
    })
    .sort((a, b) => b.events - a.events || (a.event_type < b.event_type ? -1 : 1));
}

/**
 * `GET /features/snapshot` by looking at every event for every window of every cell. It shares no line with the
 * platform: neither its aggregates nor its calendar.
 */
export function recountFeatures(
  events: readonly CountedEvent[],
  options: { resolution: number; zone: string; at: number; type: string },
): CellFeatures[] {
  const { resolution, zone, at, type } = options;
  const byCell = new Map<string, { time: number; amount: number }[]>();
  for (const event of events) {
    if (type !== 'all' && event.event_type !== type) continue;
    const cell = latLngToCell(event.lat, event.lon, resolution);
    const list = byCell.get(cell) ?? [];
    list.push({ time: Date.parse(event.timestamp), amount: event.amount ?? 0 });
    byCell.set(cell, list);
  }
  const windowed = (cells: readonly string[], value: (event: { amount: number }) => number) => {
    const sum = (window: Window) => {
      let total = 0;
      for (const cell of cells)
        for (const event of byCell.get(cell) ?? [])
          if (event.time >= at - WINDOWS[window] && event.time < at) total += value(event);
      return total;
    };
    return { '1h': sum('1h'), '24h': sum('24h'), '7d': sum('7d'), '28d': sum('28d') };
  };
  const hourOfWeek = (time: number) => {
    const local = DateTime.fromMillis(time, { zone });
    return (local.weekday - 1) * 24 + local.hour;
  };
  const index = hourOfWeek(at);
  return [...byCell.keys()].sort().map((cell) => {
    const past = (byCell.get(cell) ?? []).filter(({ time }) => time < at);
    const count = past.filter(({ time }) => hourOfWeek(time) === index).length;
    return {
      cell,
      at: new Date(at).toISOString(),
      event_type: type,
      counts: windowed([cell], () => 1),
      sums: windowed([cell], ({ amount }) => amount),
      rings: [1, 2].map((ring) => {
        const cells = gridRing(cell, ring);
        return { ring, cells: cells.length, counts: windowed(cells, () => 1), sums: windowed(cells, (e) => e.amount) };
      }),
      hour_of_week: { index, count, share: past.length > 0 ? count / past.length : 0 },
    };
  });
}

/** Numbers to nine digits: sums of amounts depend on the order they were added in. */
export function rounded<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) => (typeof part === 'number' ? Number(part.toPrecision(9)) : part)),
  ) as T;
}
