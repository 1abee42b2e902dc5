/** A route that edgeHub would not accept: where in its text, why, and what to write instead. */
export class RouteError extends Error {
  override readonly name = 'RouteError';
  readonly code = 'INVALID_ROUTE';
  /** Zero-based offset into the route's text. */
  readonly offset: number;

  constructor(offset: number, reason: string, remedy: string) {
    super(`${reason} at character ${offset + 1}. ${remedy}`);
    this.offset = offset;
  }
}
