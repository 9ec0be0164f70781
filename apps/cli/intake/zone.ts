import { Info, type Zone as LuxonZone } from 'luxon';
import { usage } from '../failure.js';

const DAY = 86_400_000;
/** Wider than any zone is from UTC (14 h) plus any step of a clock. */
const MARGIN = 15 * 3_600_000;

/** How a local time met the clock: once, twice (set back), or never (set forward). */
export type ClockCase = 'exact' | 'ambiguous' | 'skipped';

/**
 * Turns local times into instants. Offsets come from luxon (the system's IANA data) and are kept per local day, since a file asks
 * for the same days again and again; only days near a change of the clock are looked up time by time.
 */
export class Zone {
  /** What the last call of {@link toInstant} met. */
  lastCase: ClockCase = 'exact';
  /** Offset in ms by local day; NaN where the clock changes nearby. */
  private readonly offsets = new Map<number, number>();
  private readonly fixed: number | null;

  private constructor(
    readonly name: string,
    private readonly zone: LuxonZone,
  ) {
    this.fixed = zone.isUniversal ? zone.offset(0) * 60_000 : null;
  }

  /** An IANA name (`Europe/Berlin`), `UTC`, or an offset (`+02:00`). Raises CliFailure (usage) for anything else. */
  static named(name: string): Zone {
    const offset = /^[+-]\d{1,2}(:\d{2})?$/.test(name);
    const zone = Info.normalizeZone(offset ? `UTC${name}` : name);
    // Luxon takes these for the machine's own zone, which would make the result depend on where the command runs.
    if (!zone.isValid || /^(local|system|default)$/i.test(name) || name.trim() === '') {
      throw usage(
        `--tz "${name}" is not a time zone; give an IANA name such as Europe/Berlin, or an offset such as +02:00.`,
      );
    }
    return new Zone(name, zone);
  }

  /**
   * The instant, in ms since the epoch, of a local time given as if it were UTC. A time that the clock showed twice is read as
   * the first of the two; one that it skipped is moved forward by the step, as clocks are.
   */
  toInstant(wall: number): number {
    this.lastCase = 'exact';
    if (this.fixed !== null) return wall - this.fixed;
    const day = Math.floor(wall / DAY);
    let offset = this.offsets.get(day);
    if (offset === undefined) {
      const before = this.offsetAt(day * DAY - MARGIN);
      const after = this.offsetAt((day + 1) * DAY + MARGIN);
      offset = before === after ? before : Number.NaN;
      this.offsets.set(day, offset);
    }
    return Number.isNaN(offset) ? this.nearChange(wall) : wall - offset;
  }

  private nearChange(wall: number): number {
    const before = this.offsetAt(wall - MARGIN);
    const after = this.offsetAt(wall + MARGIN);
    const early = wall - before;
    const late = wall - after;
    const earlyHolds = this.offsetAt(early) === before;
    const lateHolds = this.offsetAt(late) === after;
    if (!earlyHolds && lateHolds) return late;
    if (earlyHolds && lateHolds && early !== late) this.lastCase = 'ambiguous';
    if (!earlyHolds && !lateHolds) this.lastCase = 'skipped';
    return early;
  }

  private offsetAt(instant: number): number {
    return this.zone.offset(instant) * 60_000;
  }
}
