/**
 * Errors as SQL Server numbers them.
 *
 * Source of numbers and texts: learn.microsoft.com, "Database Engine events and errors".
 */

/** An error that a client sees: number, severity, state and text. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly number: number;
  /** 11 to 16: the statement's fault; 20 and more end the connection. */
  readonly severity: number;
  readonly state: number;
  /** Line of the batch, 1 and up. */
  readonly line: number;

  constructor(
    number: number,
    message: string,
    {
      severity = 16,
      state = 1,
      line = 1,
    }: { severity?: number; state?: number; line?: number } = {},
  ) {
    super(message);
    this.number = number;
    this.severity = severity;
    this.state = state;
    this.line = line;
  }
}

/** The grammar does not know what stands here. */
export function incorrectSyntax(near: string, line: number): SqlError {
  return new SqlError(102, `Incorrect syntax near '${near}'.`, { severity: 15, line });
}

/**
 * Azure SQL would run it; the local one does not.
 *
 * The number is the one that Azure SQL uses for what it has not taken over from SQL Server.
 */
export function notSupported(what: string, line = 1): SqlError {
  return new SqlError(
    40_514,
    `'${what}' is not supported by the local Azure SQL. What it understands: simulator/azure/sql/README.md.`,
    { line },
  );
}

/** A variable or parameter that nobody declared. */
export function undeclaredVariable(name: string, line = 1): SqlError {
  return new SqlError(137, `Must declare the scalar variable "${name}".`, { severity: 15, line });
}

/** A table or view that is not there. */
export function invalidObject(name: string): SqlError {
  return new SqlError(208, `Invalid object name '${name}'.`);
}
