import type { Rejection } from './event-row.js';

/** Events seen before the detector dares to speak. */
const ENOUGH = 20;
/** A namespace whose events spread farther than this (degrees, standard deviation) may have an event anywhere. */
const LOCAL_SPREAD = 5;
const FAR = 20;
const NEAR = 8;

/**
 * Finds single events whose latitude and longitude were exchanged though both stay in range: far from where this
 * namespace's events lie, while the exchanged point is right there. Wants a local namespace; over a whole continent it
 * stays silent. Running mean and variance by Welford's method.
 */
export class SwapDetector {
  private n = 0;
  private refused = 0;
  private lat = 0;
  private lon = 0;
  private m2Lat = 0;
  private m2Lon = 0;

  /** @returns why the event is refused; undefined, and the event is remembered, where it is not */
  judge(lat: number, lon: number): Rejection | undefined {
    if (this.n >= ENOUGH && Math.sqrt((this.m2Lat + this.m2Lon) / this.n) < LOCAL_SPREAD) {
      const away = Math.hypot(lat - this.lat, lon - this.lon);
      const exchanged = Math.hypot(lon - this.lat, lat - this.lon);
      if (away > FAR && exchanged < NEAR) {
        // As many say the one as the other: then it was the first ones that were exchanged, or neither were.
        if (++this.refused > this.n) return this.forget(lat, lon);
        return {
          code: 'EVENT_LAT_LON_SWAPPED',
          field: 'lat',
          detail: `lat ${lat} and lon ${lon} look swapped: the other events lie near ${this.lat.toFixed(1)}, ${this.lon.toFixed(1)}`,
        };
      }
    }
    this.learn(lat, lon);
    return undefined;
  }

  private forget(lat: number, lon: number): undefined {
    this.n = this.refused = this.lat = this.lon = this.m2Lat = this.m2Lon = 0;
    this.learn(lat, lon);
  }

  private learn(lat: number, lon: number): void {
    this.n++;
    const dLat = lat - this.lat;
    const dLon = lon - this.lon;
    this.lat += dLat / this.n;
    this.lon += dLon / this.n;
    this.m2Lat += dLat * (lat - this.lat);
    this.m2Lon += dLon * (lon - this.lon);
  }
}
