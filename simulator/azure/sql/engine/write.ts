/** INSERT, UPDATE, DELETE and MERGE in DuckDB's words, with the permissions that they take. */
import type { MergeBranch, Permission, Statement } from '../core/language/ast.ts';
import { nameList, type DuckPrinter } from '../core/duckdb/print-query.ts';
import { quoteName, quoteObject } from '../core/duckdb/quote.ts';
import { translateError } from './duck-errors.ts';
import { printInsert, printSource, type InsertTarget } from './insert.ts';

/** Statements that change rows. */
export type WriteStatement = Extract<Statement, { kind: 'insert' | 'update' | 'delete' | 'merge' }>;

/** @param target the table, for an INSERT with the columns that it names */
export function printWrite(
  printer: DuckPrinter,
  statement: WriteStatement,
  target: InsertTarget,
): string {
  switch (statement.kind) {
    case 'insert':
      return printInsert(target, printSource(printer, statement.source));
    case 'update': {
      const set = printAssignments(printer, statement.assignments);
      return `UPDATE ${quoteObject(statement.table)} SET ${set}${printWhere(printer, statement)}`;
    }
    case 'delete':
      return `DELETE FROM ${quoteObject(statement.table)}${printWhere(printer, statement)}`;
    case 'merge': {
      const alias = statement.alias === undefined ? '' : ` AS ${quoteName(statement.alias)}`;
      const branches = statement.branches.map((branch) => printBranch(printer, branch));
      return [
        `MERGE INTO ${quoteObject(statement.table)}${alias}`,
        `USING ${printer.source(statement.source)} ON (${printer.expression(statement.on)})`,
        ...branches,
      ].join(' ');
    }
  }
}

/** What a statement must be permitted on its own table. */
export function permissionsOf(statement: WriteStatement): readonly Permission[] {
  switch (statement.kind) {
    case 'insert':
      return ['INSERT'];
    case 'update':
      return statement.where === undefined ? ['UPDATE'] : ['UPDATE', 'SELECT'];
    case 'delete':
      return statement.where === undefined ? ['DELETE'] : ['DELETE', 'SELECT'];
    case 'merge': {
      const actions = statement.branches.map(({ action }) => action.kind.toUpperCase());
      const all: readonly Permission[] = ['INSERT', 'UPDATE', 'DELETE'];
      return ['SELECT', ...all.filter((permission) => actions.includes(permission))];
    }
  }
}

/** Columns that an INSERT names; empty for all. */
export function namedColumns(statement: WriteStatement): readonly string[] {
  return statement.kind === 'insert' ? statement.columns : [];
}

/** Runs work that changes a table's rows; its errors name the table and its keys. */
export async function namingTable<T>(
  { table, keys }: InsertTarget,
  line: number,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateError(error, { line, table, keys });
  }
}

/** Rows that an INSERT gives, where that can be said beforehand. */
export function givenRows(statement: WriteStatement): number | undefined {
  if (statement.kind !== 'insert' || statement.source.kind !== 'rows') return undefined;
  return statement.source.rows.length;
}

function printBranch(printer: DuckPrinter, { isMatched, condition, action }: MergeBranch): string {
  const and = condition === undefined ? '' : ` AND ${printer.expression(condition)}`;
  const when = `WHEN ${isMatched ? '' : 'NOT '}MATCHED${and} THEN`;
  switch (action.kind) {
    case 'update':
      return `${when} UPDATE SET ${printAssignments(printer, action.assignments)}`;
    case 'delete':
      return `${when} DELETE`;
    case 'insert': {
      const values = action.values.map((value) => printer.expression(value)).join(', ');
      return `${when} INSERT${nameList(action.columns)} VALUES (${values})`;
    }
  }
}

function printAssignments(
  printer: DuckPrinter,
  assignments: Extract<MergeBranch['action'], { kind: 'update' }>['assignments'],
): string {
  return assignments
    .map(({ column, value }) => `${quoteName(column)} = ${printer.expression(value)}`)
    .join(', ');
}

function printWhere(
  printer: DuckPrinter,
  { where }: Extract<WriteStatement, { kind: 'update' | 'delete' }>,
): string {
  return where === undefined ? '' : ` WHERE ${printer.expression(where)}`;
}
