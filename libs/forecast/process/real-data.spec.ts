import { existsSync, readFileSync } from 'node:fs';
import { latLngToCell } from 'h3-js';
import { describe, expect, it } from 'vitest';
import { fit } from './fit.js';
import { buildRegion } from './region.js';
import { score, scoreRate, smoothedHistoricalRate } from './score.js';
import { buildSeries, chooseMarkScale, type RawEvent, toMark } from './series.js';

const data = new URL('../../../../shared/data/', import.meta.url);

interface Case {
  file: string;
  resolution: number;
  from: string;
  split: string;
  to: string;
  least: number;
  timeZone: string;
  historical: number;
  gain: number;
}

/** Gain over the smoothed historical rate on the span after the fit, nats per event; everything at the defaults. */
const cases: Case[] = [
  {
    file: 'scedc_m2_1981_2018.csv',
    resolution: 5,
    from: '1990-01-01Z',
    split: '2010-01-01Z',
    to: '2019-01-01Z',
    least: 2.5,
    timeZone: 'America/Los_Angeles',
    historical: -9.3675,
    gain: 3.85,
  },
  {
    file: 'toronto_fires.csv',
    resolution: 7,
    from: '2011-01-01Z',
    split: '2019-01-01Z',
    to: '2023-01-01Z',
    least: -Infinity,
    timeZone: 'America/Toronto',
    historical: -7.594,
    gain: 0.16,
  },
];

describe.each(cases)('$file', (c) => {
  const path = new URL(c.file, data);

  it.skipIf(!existsSync(path))(
    `gains at least ${c.gain} nats per event over the historical rate`,
    { timeout: 120_000 },
    () => {
      const [from, split, to] = [c.from, c.split, c.to].map((text) => Date.parse(text) / 3_600_000) as [
        number,
        number,
        number,
      ];
      const rows = readFileSync(path, 'utf8')
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((row) => row.split(','));
      const scale = chooseMarkScale(rows.map((row) => Number(row[4])));
      const events: RawEvent[] = rows
        .filter((row) => Number(row[4]) >= c.least)
        .map((row) => ({
          time: Date.parse(`${row[1]}Z`) / 3_600_000,
          cell: latLngToCell(Number(row[2]), Number(row[3]), c.resolution),
          mark: toMark(Number(row[4]), scale),
        }))
        .filter((event) => event.time >= from && event.time < to);
      const region = buildRegion(events.filter((event) => event.time < split).map((event) => event.cell!));
      const { series } = buildSeries(events, region);
      const historical = scoreRate(smoothedHistoricalRate(region, series, from, split), series, split, to);
      expect(historical.perEvent).toBeCloseTo(c.historical, 3);
      const { model, diagnostics } = fit(series, region, { from, to: split, timeZone: c.timeZone });
      expect(score(model, series, split, to).perEvent - historical.perEvent).toBeGreaterThanOrEqual(c.gain);
      for (const { objective } of diagnostics.rounds) {
        for (let i = 1; i < objective.length; i++) expect(objective[i]!).toBeGreaterThan(objective[i - 1]! - 1e-6);
      }
    },
  );
});
