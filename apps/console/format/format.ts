const DASH = '–';
/** Keeps the sign on the number's line. */
const PERCENT = '\u00a0%';

/** A probability as a percentage, with the digits that still say something: `<0.1 %`, `0.4 %`, `13.1 %`, `>99.9 %`. */
export function formatProbability(p: number): string {
  if (!Number.isFinite(p)) return DASH;
  if (p > 0 && p < 0.0005) return `<0.1${PERCENT}`;
  if (p < 1 && p > 0.9995) return `>99.9${PERCENT}`;
  return `${(p * 100).toFixed(1)}${PERCENT}`;
}

/** An expected count: three digits that matter below ten, whole numbers with separators above a hundred. */
export function formatExpected(value: number): string {
  if (!Number.isFinite(value)) return DASH;
  if (value !== 0 && Math.abs(value) < 0.001) return '<0.001';
  const digits = Math.abs(value) < 1 ? 3 : Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function formatInteger(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en') : DASH;
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** An amount whose unit the namespace knows and we do not: `842`, `4,121`, `52.3K`, `1.2M`. */
export function formatAmount(value: number): string {
  if (!Number.isFinite(value)) return DASH;
  if (Math.abs(value) >= 10_000) return compact.format(value);
  return value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
}

export function formatMultiple(value: number): string {
  if (!Number.isFinite(value)) return DASH;
  return `${value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })}×`;
}

/** `41.8781° N`, with `digits` decimals. */
export function formatLatitude(lat: number, digits = 4): string {
  return degrees(lat, digits, lat < 0 ? 'S' : 'N');
}

/** `87.6298° W`; longitudes past ±180 (a map turned once around) come back into range. */
export function formatLongitude(lon: number, digits = 4): string {
  const wrapped = ((((lon + 180) % 360) + 360) % 360) - 180;
  return degrees(wrapped, digits, wrapped < 0 ? 'W' : 'E');
}

/** The equator, the prime meridian and its opposite belong to neither side. */
function degrees(value: number, digits: number, side: string): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) % 180 === 0 ? `${text}°` : `${text}° ${side}`;
}

/** `24 h`, `7 d`: days from 96 hours on. */
export function formatHorizon(hours: number): string {
  return hours > 72 && hours % 24 === 0 ? `${hours / 24} d` : `${hours} h`;
}

/** The horizon as words for a sentence: `hour`, `24 hours`, `7 days`. */
export function horizonInWords(hours: number): string {
  if (hours === 1) return 'hour';
  return hours > 72 && hours % 24 === 0 ? `${hours / 24} days` : `${hours} hours`;
}

/** The end of an H3 index, which is what differs between neighbours, without the filling `f`s. */
export function shortCell(cell: string): string {
  return cell.replace(/f+$/, '').slice(-6);
}
