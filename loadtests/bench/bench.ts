/** A benchmark: prepared once, measured several times. Every measurement gives the same named figures. */
export interface Bench<Context = unknown> {
  readonly description: string;
  /** Measurements taken; one more is made before them and thrown away. */
  readonly runs: number;
  /** Limits the medians are held to. */
  readonly bars: readonly Bar[];
  /** Loads what is needed. A string says why the benchmark cannot run here. */
  prepare(): Promise<Context | string> | Context | string;
  /** One measurement: figures by name, the unit in the name (`fit_s`, `gain_nats`). */
  measure(context: Context): Promise<Record<string, number>> | Record<string, number>;
  /** Ends what `prepare` has started, however the measurements went. */
  finish?(context: Context): Promise<void>;
}

export interface Bar {
  readonly figure: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Keeps the context's type inside one benchmark and off the list of all. */
export type AnyBench = Pick<Bench, 'description' | 'runs' | 'bars'> & {
  prepare(): unknown;
  measure(context: never): Promise<Record<string, number>> | Record<string, number>;
  finish?(context: never): Promise<void>;
};
