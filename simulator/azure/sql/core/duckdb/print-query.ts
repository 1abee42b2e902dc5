/**
 * Queries and expressions of T-SQL as DuckDB reads them.
 *
 * Where the two differ: NULL sorts first in T-SQL; `+` joins texts; TOP is a LIMIT; a column without
 * a name has none.
 */
import type {
  Expression,
  ObjectName,
  OrderItem,
  Over,
  Query,
  QueryBody,
  Select,
  SelectItem,
  TableSource,
} from '../language/ast.ts';
import { notSupported } from '../sql-error.ts';
import { SqlDecimal, SqlInstant, duckType, isText, type SqlValue } from '../types.ts';
import { TEXT_FUNCTIONS, printCall } from './print-call.ts';
import { quoteName, quoteObject, quoteText } from './quote.ts';

/** What a column without a name is called on its way through DuckDB. */
export const NAMELESS = '\u0001';

/** Prints, and remembers which variables it met: they become parameters `$p0`, `$p1`, … */
export class DuckPrinter {
  /** Names of the variables in small letters, in the order of the parameters. */
  readonly variables: string[] = [];
  /** Tables and views that it met, and steps of WITH among them. */
  readonly tables: ObjectName[] = [];

  query(query: Query): string {
    const steps = query.steps.map(({ name, columns, query: step }) => {
      return `${quoteName(name)}${nameList(columns)} AS (${this.query(step)})`;
    });
    const withSteps = steps.length === 0 ? '' : `WITH ${steps.join(', ')} `;
    const top = query.body.kind === 'select' ? query.body.top : undefined;
    const limit = query.fetch ?? top;
    return [
      withSteps + this.#body(query.body),
      query.orderBy.length === 0 ? '' : ` ORDER BY ${this.#order(query.orderBy)}`,
      limit === undefined ? '' : ` LIMIT ${this.expression(limit)}`,
      query.offset === undefined ? '' : ` OFFSET ${this.expression(query.offset)}`,
    ].join('');
  }

  #body(body: QueryBody): string {
    if (body.kind === 'select') return this.#select(body);
    const term = (each: QueryBody) =>
      each.kind === 'select' && each.top === undefined
        ? this.#select(each)
        : `(${this.#limited(each)})`;
    return `${term(body.left)} ${body.operator} ${term(body.right)}`;
  }

  #limited(body: QueryBody): string {
    const top = body.kind === 'select' ? body.top : undefined;
    return this.#body(body) + (top === undefined ? '' : ` LIMIT ${this.expression(top)}`);
  }

  #select(select: Select): string {
    const { isDistinct, items, from, where, groupBy, having } = select;
    return [
      `SELECT ${isDistinct ? 'DISTINCT ' : ''}${items.map((item) => this.#item(item)).join(', ')}`,
      from.length === 0 ? '' : ` FROM ${from.map((each) => this.source(each)).join(', ')}`,
      where === undefined ? '' : ` WHERE ${this.expression(where)}`,
      groupBy.length === 0 ? '' : ` GROUP BY ${this.#list(groupBy)}`,
      having === undefined ? '' : ` HAVING ${this.expression(having)}`,
    ].join('');
  }

  #item(item: SelectItem): string {
    if (item.kind === 'star') return [...item.of.map(quoteName), '*'].join('.');
    const printed = this.expression(item.expression);
    if (item.kind === 'assign') return printed;
    if (item.alias !== undefined) return `${printed} AS ${quoteName(item.alias)}`;
    return item.expression.kind === 'column' ? printed : `${printed} AS ${quoteName(NAMELESS)}`;
  }

  /** A table, a query in brackets or a join. */
  source(source: TableSource): string {
    switch (source.kind) {
      case 'table': {
        this.tables.push(source.name);
        const isStep = source.name.length === 1;
        const name = isStep ? source.name.map(quoteName).join('.') : quoteObject(source.name);
        return source.alias === undefined ? name : `${name} AS ${quoteName(source.alias)}`;
      }
      case 'derived': {
        const inner =
          source.query.kind === 'values'
            ? `VALUES ${source.query.rows.map((row) => `(${this.#list(row)})`).join(', ')}`
            : this.query(source.query);
        return `(${inner}) AS ${quoteName(source.alias)}${nameList(source.columns)}`;
      }
      case 'join': {
        const on = source.on === undefined ? '' : ` ON ${this.expression(source.on)}`;
        return `${this.source(source.left)} ${source.type} JOIN ${this.source(source.right)}${on}`;
      }
    }
  }

  expression(expression: Expression): string {
    switch (expression.kind) {
      case 'literal':
        return printValue(expression.value);
      case 'number':
        return expression.text;
      case 'column':
        return expression.name.map(quoteName).join('.');
      case 'variable':
        return this.#variable(expression.name);
      case 'call':
        return this.#call(expression);
      case 'exists':
        return `EXISTS (${this.query(expression.query)})`;
      case 'subquery':
        return `(${this.query(expression.query)})`;
      case 'cast': {
        const cast = expression.isTry ? 'TRY_CAST' : 'CAST';
        return `${cast}(${this.expression(expression.operand)} AS ${duckType(expression.type)})`;
      }
      default:
        return this.#compound(expression);
    }
  }

  #compound(
    expression: Extract<
      Expression,
      { kind: 'unary' | 'binary' | 'isNull' | 'in' | 'between' | 'case' }
    >,
  ): string {
    const print = (each: Expression) => this.expression(each);
    switch (expression.kind) {
      case 'unary':
        return `(${expression.operator} ${print(expression.operand)})`;
      case 'binary':
        return this.#binary(expression);
      case 'isNull':
        return `(${print(expression.operand)} IS ${not(expression)}NULL)`;
      case 'in': {
        const { choices } = expression;
        const inner = 'kind' in choices ? this.query(choices) : this.#list(choices);
        return `(${print(expression.operand)} ${not(expression)}IN (${inner}))`;
      }
      case 'between': {
        const range = `${print(expression.low)} AND ${print(expression.high)}`;
        return `(${print(expression.operand)} ${not(expression)}BETWEEN ${range})`;
      }
      case 'case': {
        const branches = expression.branches.map(
          ({ when, result }) => `WHEN ${print(when)} THEN ${print(result)}`,
        );
        const operand = expression.operand === undefined ? '' : ` ${print(expression.operand)}`;
        const otherwise =
          expression.otherwise === undefined ? '' : ` ELSE ${print(expression.otherwise)}`;
        return `CASE${operand} ${branches.join(' ')}${otherwise} END`;
      }
    }
  }

  #binary(expression: Extract<Expression, { kind: 'binary' }>): string {
    const { left, right } = expression;
    let { operator } = expression;
    if (operator === '+' && isSurelyText(expression)) operator = '||';
    const pattern = operator.endsWith('LIKE') && right.kind === 'literal' ? right.value : '';
    if (typeof pattern === 'string' && pattern.includes('[')) {
      throw notSupported('[…] in a LIKE pattern');
    }
    const printed = `(${this.expression(left)} ${operator} ${this.expression(right)})`;
    if (operator !== '/' && operator !== '%') return printed;
    // DuckDB gives NULL for a division by zero.
    const message = quoteText('Divide by zero');
    return `CASE WHEN ${this.expression(right)} = 0 THEN error(${message}) ELSE ${printed} END`;
  }

  #call(call: Extract<Expression, { kind: 'call' }>): string {
    const args = call.args.map((arg) => this.expression(arg));
    return printCall(call, args, call.over === undefined ? '' : ` OVER (${this.#over(call.over)})`);
  }

  #over({ partitionBy, orderBy, frame }: Over): string {
    return [
      partitionBy.length === 0 ? '' : `PARTITION BY ${this.#list(partitionBy)}`,
      orderBy.length === 0 ? '' : `ORDER BY ${this.#order(orderBy)}`,
      frame ?? '',
    ]
      .filter((part) => part !== '')
      .join(' ');
  }

  #order(items: readonly OrderItem[]): string {
    return items
      .map(({ expression, isDescending }) => {
        const direction = isDescending ? 'DESC NULLS LAST' : 'ASC NULLS FIRST';
        // A constant would be a column's number: T-SQL writes (SELECT NULL) for any order.
        return `${this.expression(expression)} ${direction}`;
      })
      .join(', ');
  }

  #list(expressions: readonly Expression[]): string {
    return expressions.map((each) => this.expression(each)).join(', ');
  }

  #variable(name: string): string {
    const lower = name.toLowerCase();
    if (!this.variables.includes(lower)) this.variables.push(lower);
    return `$p${this.variables.indexOf(lower)}`;
  }
}

/** A constant. */
export function printValue(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return quoteText(value);
  if (value instanceof SqlInstant) return `make_timestamp(${value.epochMicros})`;
  if (value instanceof SqlDecimal) return `(${value.unscaled} / 1e${value.scale})`;
  return String(value);
}

/** `(a, b)`, or nothing. */
export function nameList(names: readonly string[]): string {
  return names.length === 0 ? '' : ` (${names.map(quoteName).join(', ')})`;
}

function not({ isNegated }: { readonly isNegated: boolean }): string {
  return isNegated ? 'NOT ' : '';
}

function isSurelyText(expression: Expression): boolean {
  switch (expression.kind) {
    case 'literal':
      return typeof expression.value === 'string';
    case 'cast':
      return isText(expression.type);
    case 'call':
      return TEXT_FUNCTIONS.has(expression.name);
    case 'binary':
      return (
        expression.operator === '+' &&
        (isSurelyText(expression.left) || isSurelyText(expression.right))
      );
    default:
      return false;
  }
}
