import { type CityEvent, continueCity, simulateCity } from '#forecast';

export interface SimulateInput {
  now: Date;
  seed: number;
}

/** Runs in a thread: what piscina calls by name. */
export function simulate({ now, seed }: SimulateInput): CityEvent[] {
  return [...simulateCity({ now, seed }).events];
}

export interface ContinueInput {
  history: CityEvent[];
  from: Date;
  to: Date;
  seed: number;
}

export function goOn({ history, from, to, seed }: ContinueInput): CityEvent[] {
  return continueCity(history, from, to, seed);
}
