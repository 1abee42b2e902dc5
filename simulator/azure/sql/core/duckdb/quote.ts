/** Names and texts as DuckDB reads them. */
import { splitName } from '../language/table-parser.ts';
import type { ObjectName } from '../language/ast.ts';
import { SqlError } from '../sql-error.ts';

/** A name that cannot be mistaken for a keyword. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text constant. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * A table or view; without a schema it is `dbo`'s.
 *
 * @throws SqlError 40515 for another database's
 */
export function quoteObject(name: ObjectName): string {
  if (name.length > 2) {
    throw new SqlError(
      40_515,
      `Reference to database and/or server name in '${name.join('.')}' is not supported in this version of SQL Server.`,
      { severity: 15 },
    );
  }
  const { schema, object } = splitName(name);
  if (schema.toLowerCase() === 'information_schema') {
    return `"sys".${quoteName(`information_schema_${object.toLowerCase()}`)}`;
  }
  return `${quoteName(schema)}.${quoteName(object)}`;
}
