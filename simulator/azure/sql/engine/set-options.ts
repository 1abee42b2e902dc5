import { SqlError, notSupported } from '../core/sql-error.ts';

/** Options that clients set and that ask for what the local database does anyway. */
const SETTLED = new Set(
  (
    'ANSI_NULLS ANSI_NULL_DFLT_ON ANSI_PADDING ANSI_WARNINGS ARITHABORT CONCAT_NULL_YIELDS_NULL ' +
    'CURSOR_CLOSE_ON_COMMIT DATEFIRST DATEFORMAT IMPLICIT_TRANSACTIONS LANGUAGE LOCK_TIMEOUT NOCOUNT ' +
    'NUMERIC_ROUNDABORT QUOTED_IDENTIFIER TEXTSIZE XACT_ABORT'
  ).split(' '),
);
/**
 * Lets an option pass whose value changes nothing here.
 *
 * @throws SqlError 195 for an unknown one, 40514 for a value with a meaning that is not played
 */
export function requireKnownOption(option: string, value: string, line: number): void {
  const upper = value.toUpperCase();
  // A transaction sees one state and is the only writer: that is every level at once.
  if (option === 'TRANSACTION ISOLATION LEVEL') return;
  if (!SETTLED.has(option)) {
    throw new SqlError(195, `'${option}' is not a recognized SET option.`, { severity: 15, line });
  }
  if (option === 'IMPLICIT_TRANSACTIONS' && upper === 'ON') {
    throw notSupported('SET IMPLICIT_TRANSACTIONS ON', line);
  }
}
