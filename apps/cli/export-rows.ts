import type { CellFeatures, CellRisk, Risk, RiskMap } from '#contracts';
import { FEATURE_WINDOWS } from '#contracts';

/** A column of a CSV: its name and how to take its value from a row. */
export interface CsvColumn<T> {
  name: string;
  value: (row: T) => string | number | null;
}

export function csvHeader<T>(columns: readonly CsvColumn<T>[]): string {
  return `${columns.map(({ name }) => name).join(',')}\r\n`;
}

/** A record of RFC 4180; null is an empty field. */
export function csvRecord<T>(columns: readonly CsvColumn<T>[], row: T): string {
  return `${columns.map(({ value }) => csvField(value(row))).join(',')}\r\n`;
}

function csvField(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/** A cell of a risk map with the frame of its forecast. */
export type MapRow = CellRisk &
  Pick<RiskMap, 'event_type' | 'model_version' | 'issued_at' | 'valid_from' | 'valid_to' | 'horizon_hours'>;

export function mapRows({
  cells,
  event_type,
  model_version,
  issued_at,
  valid_from,
  valid_to,
  horizon_hours,
}: RiskMap): MapRow[] {
  return cells.map((cell) => ({ ...cell, event_type, model_version, issued_at, valid_from, valid_to, horizon_hours }));
}

const MAP_FIELDS = [
  'cell', 'event_type', 'p_event', 'expected_count', 'q05', 'q50', 'q95', 'expected_loss', 'risk_score', 'level',
  'horizon_hours', 'issued_at', 'valid_from', 'valid_to', 'model_version',
] as const satisfies readonly (keyof MapRow)[]; // prettier-ignore

export const MAP_COLUMNS: readonly CsvColumn<MapRow>[] = MAP_FIELDS.map((name) => ({
  name,
  value: (row) => row[name],
}));

export const RISK_COLUMNS: readonly CsvColumn<Risk>[] = [
  { name: 'risk_id', value: (r) => r.risk_id },
  { name: 'timestamp', value: (r) => r.timestamp },
  { name: 'status', value: (r) => r.status },
  { name: 'level', value: (r) => r.level },
  { name: 'cell', value: (r) => r.cell.id },
  { name: 'lat', value: (r) => r.cell.center.lat },
  { name: 'lon', value: (r) => r.cell.center.lon },
  { name: 'target_id', value: (r) => r.target_id },
  { name: 'event_type', value: (r) => r.event_type },
  { name: 'p_event', value: (r) => r.p_event },
  { name: 'expected_count', value: (r) => r.expected_count },
  { name: 'horizon_hours', value: (r) => r.horizon_hours },
  { name: 'model_version', value: (r) => r.model_version },
  { name: 'acknowledged_by', value: (r) => r.acknowledged_by },
  { name: 'comment', value: (r) => r.comment },
  { name: 'updated_at', value: (r) => r.updated_at },
];

/** Rings of neighbours that a cell's features have. */
const RINGS = [1, 2];

export const FEATURE_COLUMNS: readonly CsvColumn<CellFeatures>[] = [
  { name: 'cell', value: (f) => f.cell },
  { name: 'at', value: (f) => f.at },
  { name: 'event_type', value: (f) => f.event_type },
  ...FEATURE_WINDOWS.map((w): CsvColumn<CellFeatures> => ({ name: `count_${w}`, value: (f) => f.counts[w] })),
  ...FEATURE_WINDOWS.map((w): CsvColumn<CellFeatures> => ({ name: `sum_${w}`, value: (f) => f.sums[w] })),
  ...RINGS.flatMap((ring) => [
    ...FEATURE_WINDOWS.map((w): CsvColumn<CellFeatures> => ({
      name: `ring${ring}_count_${w}`,
      value: (f) => ringOf(f, ring)?.counts[w] ?? null,
    })),
    ...FEATURE_WINDOWS.map((w): CsvColumn<CellFeatures> => ({
      name: `ring${ring}_sum_${w}`,
      value: (f) => ringOf(f, ring)?.sums[w] ?? null,
    })),
  ]),
  { name: 'hour_of_week', value: (f) => f.hour_of_week.index },
  { name: 'hour_of_week_count', value: (f) => f.hour_of_week.count },
  { name: 'hour_of_week_share', value: (f) => f.hour_of_week.share },
];

function ringOf(features: CellFeatures, ring: number): CellFeatures['rings'][number] | undefined {
  return features.rings.find((entry) => entry.ring === ring);
}

export interface PointFeature {
  type: 'Feature';
  id: string;
  geometry: { type: 'Point'; coordinates: [number, number] };
  properties: Omit<Risk, 'cell'> & { cell: string };
}

/** A risk as a GeoJSON point at the centre of its cell. */
export function riskFeature(risk: Risk): PointFeature {
  const { id, center } = risk.cell;
  return {
    type: 'Feature',
    id: risk.risk_id,
    geometry: { type: 'Point', coordinates: [center.lon, center.lat] },
    properties: { ...risk, cell: id },
  };
}
