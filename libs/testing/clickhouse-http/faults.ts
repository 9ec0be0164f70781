import { setTimeout as delay } from 'node:timers/promises';
import { ClickHouseFailure } from './errors.js';

/** What is to go wrong from now on; an empty object heals everything. Sent as JSON by `PUT /-/faults`. */
export interface Faults {
  /** Every query waits this long before it runs, milliseconds. */
  readonly delayMs?: number;
  /** So many of the next queries fail with this exception, before they run. */
  readonly failNext?: { readonly count: number; readonly code: number; readonly type: string };
  /** So many of the next queries run and then lose their connection before a byte of the answer. */
  readonly dropNext?: number;
}

/** The faults in force, counted down as they happen. */
export class FaultPlan {
  #delayMs = 0;
  #fail: { count: number; code: number; type: string } | undefined;
  #drop = 0;

  set({ delayMs, failNext, dropNext }: Faults): void {
    this.#delayMs = delayMs ?? 0;
    this.#fail = failNext === undefined ? undefined : { ...failNext };
    this.#drop = dropNext ?? 0;
  }

  async beforeQuery(): Promise<void> {
    if (this.#delayMs > 0) await delay(this.#delayMs);
    if (this.#fail !== undefined && this.#fail.count > 0) {
      this.#fail.count -= 1;
      throw new ClickHouseFailure(this.#fail.code, this.#fail.type, 'Injected by the test');
    }
  }

  /** Whether the answer of the query that has just run is to be lost. */
  dropsAnswer(): boolean {
    if (this.#drop === 0) return false;
    this.#drop -= 1;
    return true;
  }
}
