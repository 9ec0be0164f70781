/** An argument that cannot be a place, a cell or a box. `argument` names it, so that an API can point at the field. */
export class GeoError extends RangeError {
  override readonly name = 'GeoError';

  constructor(
    readonly argument: string,
    message: string,
  ) {
    super(`${argument}: ${message}`);
  }
}
