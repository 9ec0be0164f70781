/** `12:03:10` in a zone. */
export function formatClock(time: string | number, zone: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(new Date(time));
}

/** A time of today as `14:03`, any other with its day: where seconds say nothing. */
export function formatBrief(time: string | number, zone: string, now: number): string {
  return formatRecent(time, zone, now).replace(/^(\d\d:\d\d):\d\d$/, '$1');
}

/** `20 Nov, 14:03`, with the year where it is not that of `now`. */
export function formatDateTime(time: string | number, zone: string, now: number): string {
  const year = (at: number) => new Intl.DateTimeFormat('en-GB', { timeZone: zone, year: 'numeric' }).format(at);
  const at = new Date(time);
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    day: 'numeric',
    month: 'short',
    ...(year(at.getTime()) === year(now) ? {} : { year: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
  }).format(at);
}

/** A time of today as its clock, any other with its day. */
export function formatRecent(time: string | number, zone: string, now: number): string {
  const day = (at: number) => new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(at);
  const at = new Date(time).getTime();
  return day(at) === day(now) ? formatClock(at, zone) : formatDateTime(at, zone, now);
}

/** The zone's short name at a time, which differs between summer and winter: `CST`, `GMT+1`. */
export function zoneName(zone: string, at: number): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'short' }).formatToParts(at);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone;
}

/** How long ago: `just now`, `4 min ago`, `3 h ago`, `2 d ago`. */
export function formatAge(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} d ago`;
}

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** `Tuesday 14–15 h` of an hour of the week, 0 being Monday 00–01 h. */
export function hourOfWeekName(index: number): string {
  const hour = ((index % 168) + 168) % 168;
  const from = hour % 24;
  const two = (value: number) => String(value).padStart(2, '0');
  return `${DAYS[Math.floor(hour / 24)] as string} ${two(from)}–${two((from + 1) % 24)} h`;
}
