/** Turns expressions of values into functions of a row. */
import { calculate } from '../arithmetic.ts';
import { compare } from '../comparison.ts';
import { tryCast } from '../conversion.ts';
import { DATE_FUNCTIONS, type DateFunction } from '../functions/date-functions.ts';
import { SCALAR_FUNCTIONS } from '../functions/scalar-functions.ts';
import type { CallExpression, CaseExpression, Expression } from '../language/ast.ts';
import { QueryError, QueryFault, notSupported } from '../query-error.ts';
import { SqlDateTime, typeOf } from '../values.ts';
import { isAggregate } from './aggregate-names.ts';
import { compileTest, type Test } from './compile-condition.ts';
import { compileMetadata } from './compile-metadata.ts';
import type { Evaluate, Scope } from './scope.ts';

/** @throws QueryError when the expression is not a condition, is wrong or not supported */
export function compileCondition(expression: Expression, scope: Scope): Test {
  return compileTest(expression, (value) => compileExpression(value, scope));
}

/** @throws QueryError when the expression is not a value, is wrong or not supported */
export function compileExpression(expression: Expression, scope: Scope): Evaluate {
  const computed = scope.computed(expression);
  if (computed !== undefined) return computed;
  switch (expression.kind) {
    case 'literal':
      return () => expression.value;
    case 'column':
      return scope.column(expression);
    case 'call':
      return compileCall(expression, scope);
    case 'case':
      return compileCase(expression, scope);
    case 'cast':
      return compileCast(expression, scope);
    case 'negate': {
      const operand = compileExpression(expression.operand, scope);
      return (row) => calculate('-', 0n, operand(row), expression.at);
    }
    case 'binary':
      return compileArithmetic(expression, scope);
    default:
      throw new QueryError(expression.at, 'a condition cannot be a value; use CASE WHEN');
  }
}

function compileArithmetic(
  expression: Extract<Expression, { kind: 'binary' }>,
  scope: Scope,
): Evaluate {
  const { operator, at } = expression;
  switch (operator) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%': {
      const left = compileExpression(expression.left, scope);
      const right = compileExpression(expression.right, scope);
      return (row) => calculate(operator, left(row), right(row), at);
    }
    default:
      throw new QueryError(at, 'a condition cannot be a value; use CASE WHEN');
  }
}

function compileCast(expression: Extract<Expression, { kind: 'cast' }>, scope: Scope): Evaluate {
  const operand = compileExpression(expression.operand, scope);
  const { type, lenient, at } = expression;
  if (lenient) return (row) => tryCast(operand(row), type);
  return (row) => {
    const value = operand(row);
    const converted = tryCast(value, type);
    if (converted !== null || value === null) return converted;
    throw new QueryFault(at, `CAST of ${typeOf(value)} to ${type} failed; TRY_CAST gives NULL`);
  };
}

function compileCase(expression: CaseExpression, scope: Scope): Evaluate {
  const otherwise =
    expression.otherwise === undefined
      ? () => null
      : compileExpression(expression.otherwise, scope);
  const branches = expression.branches.map(({ when, result }) => ({
    test: compileBranch(expression.operand, when, scope),
    result: compileExpression(result, scope),
  }));
  return (row) => (branches.find(({ test }) => test(row))?.result ?? otherwise)(row);
}

function compileBranch(operand: Expression | undefined, when: Expression, scope: Scope): Test {
  if (operand === undefined) return compileCondition(when, scope);
  const left = compileExpression(operand, scope);
  const right = compileExpression(when, scope);
  return (row) => compare(left(row), right(row), when.at) === 0;
}

function compileCall(call: CallExpression, scope: Scope): Evaluate {
  const name = call.name.toUpperCase();
  if (name === 'SYSTEM.TIMESTAMP') return compileTimestamp(call);
  if (call.over !== undefined) {
    throw new QueryError(call.at, `${call.name} … OVER is allowed in the SELECT list and in WHERE`);
  }
  if (isAggregate(name)) {
    throw new QueryError(call.at, `${call.name} needs GROUP BY with a window, or OVER`);
  }
  if (name === 'GETMETADATAPROPERTYVALUE') {
    checkCount(call, 2, 2);
    return compileMetadata(call, scope);
  }
  const dateFunction = DATE_FUNCTIONS.get(name);
  if (dateFunction !== undefined) return compileDateCall(call, dateFunction, scope);
  const scalar = SCALAR_FUNCTIONS.get(name);
  if (scalar === undefined) throw notSupported(call.at, `the function ${call.name}`);
  checkCount(call, scalar.least, scalar.most);
  const args = call.args.map((argument) => compileExpression(argument, scope));
  return (row) =>
    scalar.apply(
      args.map((argument) => argument(row)),
      call.at,
    );
}

function compileTimestamp(call: CallExpression): Evaluate {
  checkCount(call, 0, 0);
  return (row) => new SqlDateTime(row.timestampMs);
}

function compileDateCall(
  call: CallExpression,
  { argumentCount, bind }: DateFunction,
  scope: Scope,
): Evaluate {
  checkCount(call, argumentCount, argumentCount);
  const [unit, ...rest] = call.args;
  if (unit === undefined) throw new QueryError(call.at, 'a date part is expected');
  const apply = bind(unit);
  const args = rest.map((argument) => compileExpression(argument, scope));
  return (row) =>
    apply(
      args.map((argument) => argument(row)),
      call.at,
    );
}

/** @throws QueryError when a call has too few or too many arguments */
export function checkCount(call: CallExpression, least: number, most: number): void {
  const count = call.star ? 0 : call.args.length;
  if (count >= least && count <= most && !call.star) return;
  const wanted = least === most ? String(least) : `${least} or more`;
  throw new QueryError(call.at, `${call.name} takes ${wanted} arguments, not ${count}`);
}
