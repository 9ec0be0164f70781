/** An argument that cannot be used. `argument` names it, with its position where one entry of a list is wrong. */
export class InvalidArgument extends RangeError {
  override readonly name = 'InvalidArgument';

  constructor(
    readonly argument: string,
    problem: string,
  ) {
    super(`${argument} ${problem}`);
  }
}

/** Throws {@link InvalidArgument} unless `value` is a finite number. */
export function requireFinite(argument: string, value: number): void {
  if (!Number.isFinite(value)) throw new InvalidArgument(argument, `must be a finite number, got ${String(value)}`);
}

/** Throws {@link InvalidArgument} unless `value` is finite and not negative. */
export function requireNonNegative(argument: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) {
    throw new InvalidArgument(argument, `must be finite and not negative, got ${String(value)}`);
  }
}

/** Throws {@link InvalidArgument} unless `value` is finite and above zero. */
export function requirePositive(argument: string, value: number): void {
  if (!(value > 0 && value < Infinity)) {
    throw new InvalidArgument(argument, `must be finite and above 0, got ${String(value)}`);
  }
}

/** Throws {@link InvalidArgument} unless `value` is strictly between 0 and 1. */
export function requireOpenProbability(argument: string, value: number): void {
  if (!(value > 0 && value < 1)) {
    throw new InvalidArgument(argument, `must lie strictly between 0 and 1, got ${String(value)}`);
  }
}

/** Throws {@link InvalidArgument} unless `value` is an integer of at least `least`. */
export function requireInteger(argument: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new InvalidArgument(argument, `must be an integer of at least ${least}, got ${String(value)}`);
  }
}

/** Throws {@link InvalidArgument} naming the first entry that is negative, infinite or NaN. */
export function requireRates(argument: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // The name is only put together for a bad entry: this runs over every cell of a surface.
    if (!(value >= 0 && value < Infinity)) requireNonNegative(`${argument}[${i}]`, value);
  }
}

/** Throws {@link InvalidArgument} naming the first entry that is no whole, non-negative number. */
export function requireCounts(argument: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isSafeInteger(value) || value < 0) requireInteger(`${argument}[${i}]`, value, 0);
  }
}

/** Throws {@link InvalidArgument} unless both lists have the same length. */
export function requireSameLength(
  argument: string,
  values: ArrayLike<unknown>,
  other: string,
  reference: ArrayLike<unknown>,
): void {
  if (values.length !== reference.length) {
    throw new InvalidArgument(argument, `has ${values.length} entries, ${other} has ${reference.length}`);
  }
}
