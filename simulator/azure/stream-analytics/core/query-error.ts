/** Where something stands in a query, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A query that cannot be run. The message begins with line and column and ends with the reason. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly code = 'INVALID_QUERY';
  readonly position: Position;
  readonly reason: string;

  constructor(position: Position, reason: string) {
    super(`${position.line}:${position.column} ${reason}`);
    this.position = position;
    this.reason = reason;
  }
}

/** A language feature that Stream Analytics has and this runner does not play. */
export function notSupported(position: Position, feature: string, remedy?: string): QueryError {
  const advice = remedy === undefined ? '' : `; ${remedy}`;
  return new QueryError(position, `not supported by this runner: ${feature}${advice}`);
}

/**
 * A value that a running query could not work with. As in the service it stops the job.
 *
 * Only plain CAST and implicit conversions raise it; TRY_CAST gives NULL.
 */
export class QueryFault extends Error {
  override readonly name = 'QueryFault';
  readonly code = 'CONVERSION_FAILED';

  constructor(position: Position, reason: string) {
    super(`${position.line}:${position.column} ${reason}`);
  }
}
