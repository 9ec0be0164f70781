import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { cellAt, ringsAround } from '#geo';
import { seriesOf } from '../process/series.js';
import { pointLogLikelihood } from '../scoring/index.js';
import { eventsBetween, h3Frame, standardBaselines } from './index.js';

const DATA = '../shared/data';
const hours = (day: string): number => Date.parse(`${day}T00:00:00Z`) / 3_600_000;

/** Region (cells with a training event, and their neighbours), training data and test events of a file. */
function load(file: string, resolution: number, least: number, days: readonly [string, string, string]) {
  const [from, split, end] = days;
  const bytes = readFileSync(`${DATA}/${file}`);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const rows: { time: number; cell: string }[] = [];
  for (const line of text.trim().split('\n').slice(1)) {
    const [, ts, lat, lon, amount] = line.split(',') as [string, string, string, string, string];
    if (Number(amount) < least || ts < from || ts >= end) continue;
    rows.push({ time: Date.parse(`${ts}Z`) / 3_600_000, cell: cellAt(Number(lat), Number(lon), resolution) });
  }
  const cells = [...new Set(rows.filter((r) => r.time < hours(split)).flatMap((r) => ringsAround(r.cell, 1).flat()))];
  const index = new Map(cells.map((cell, i) => [cell, i]));
  const events = seriesOf(
    rows.flatMap(({ time, cell }) => (index.has(cell) ? [{ time, cell: index.get(cell) as number, mark: 0 }] : [])),
  );
  return {
    frame: h3Frame(cells),
    from: hours(from),
    to: hours(split),
    end: hours(end),
    train: eventsBetween(events, hours(from), hours(split)),
    test: eventsBetween(events, hours(split), hours(end)),
  };
}

/** Log-likelihood per test event of each baseline, nats. */
function scores(data: ReturnType<typeof load>, timeZone: string): Record<string, number> {
  const { frame, from, to, end, test } = data;
  return Object.fromEntries(
    standardBaselines(timeZone).map((baseline) => {
      const forecast = baseline.fit({ frame, events: data.train, from, to });
      const intensity = test.time.map((t, i) => forecast.intensity(t, test.cell[i] as number));
      return [baseline.name, pointLogLikelihood(intensity, forecast.total(to, end))];
    }),
  );
}

// The reference scores of the historical rate, to the digits they are given in.
describe.skipIf(!existsSync(`${DATA}/toronto_fires.csv`))('baselines on real events', () => {
  it('scores earthquakes as the reference does', { timeout: 30_000 }, () => {
    const data = load('scedc_all_1981_2018.csv.gz', 5, 2.5, ['1990-01-01', '2010-01-01', '2019-01-01']);
    expect(data.train.time).toHaveLength(21_847);
    const found = scores(data, 'America/Los_Angeles');
    expect(found['historical']).toBeCloseTo(-9.375, 3);
    expect(found['recent-hotspots']).toBeGreaterThan(-9.1);
    expect(found['uniform']).toBeLessThan(-10);
  });

  it('scores fires as the reference does', () => {
    const data = load('toronto_fires.csv', 7, 0, ['2011-01-01', '2019-01-01', '2023-01-01']);
    expect(data.train.time).toHaveLength(10_540);
    const found = scores(data, 'America/Toronto');
    expect(found['historical']).toBeCloseTo(-7.594, 3);
    expect(found['hour-of-week']).toBeGreaterThan((found['historical'] as number) + 0.03);
    expect(found['kernel']).toBeGreaterThan((found['historical'] as number) + 0.1);
  });
});
