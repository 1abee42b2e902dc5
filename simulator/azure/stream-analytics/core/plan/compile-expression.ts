/** Turns expressions of values into functions of a row. */
import { calculate } from '../arithmetic.ts';
import { compare } from '../comparison.ts';
import { tryCast } from '../conversion.ts';
import { DATE_FUNCTIONS } from '../functions/date-functions.ts';
import { SCALAR_FUNCTIONS } from '../functions/scalar-functions.ts';
import type { CallExpression, CaseExpression, Expression } from '../language/ast.ts';
import { QueryError, QueryFault, notSupported } from '../query-error.ts';
import { SqlDateTime, fieldOf, typeOf } from '../values.ts';
import { isAggregate } from './aggregate-names.ts';
import { compileCondition } from './compile-condition.ts';
import type { Evaluate, Scope } from './scope.ts';

/** @throws QueryError when the expression is wrong or not supported */
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
  const branches = expression.branches.map(({ when, then }) => ({
    test: compileTest(expression.operand, when, scope),
    then: compileExpression(then, scope),
  }));
  return (row) => (branches.find(({ test }) => test(row))?.then ?? otherwise)(row);
}

function compileTest(operand: Expression | undefined, when: Expression, scope: Scope) {
  if (operand === undefined) return compileCondition(when, scope);
  const left = compileExpression(operand, scope);
  const right = compileExpression(when, scope);
  return (row: Parameters<Evaluate>[0]) => compare(left(row), right(row), when.at) === 0;
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
  if (name === 'GETMETADATAPROPERTYVALUE') return compileMetadata(call, scope);
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
  { argumentCount, bind }: NonNullable<ReturnType<typeof DATE_FUNCTIONS.get>>,
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

const USER_PROPERTY = /^\[User\](?:\.\[(.+)\])?$/i;
const IOT_HUB_PROPERTY = /^IoTHub(?:\.(.+))?$/i;

/** `GetMetadataPropertyValue(input, '[User].[name]' | '[User]' | 'IoTHub' | 'IoTHub.name')` */
function compileMetadata(call: CallExpression, scope: Scope): Evaluate {
  checkCount(call, 2, 2);
  const [source, property] = call.args;
  const isInput = source?.kind === 'column' && source.path.length === 1;
  if (!isInput || !scope.relation.names.includes((source.path[0] ?? '').toLowerCase())) {
    throw new QueryError(call.at, 'the first argument is the input of this FROM');
  }
  if (!scope.relation.isInput) {
    throw new QueryError(call.at, 'metadata can be read straight from an input only');
  }
  const path = property?.kind === 'literal' ? property.value : undefined;
  const user = typeof path === 'string' ? USER_PROPERTY.exec(path) : null;
  if (user !== null) return metadata('user', user[1]);
  const ioTHub = typeof path === 'string' ? IOT_HUB_PROPERTY.exec(path) : null;
  if (ioTHub !== null) return metadata('ioTHub', ioTHub[1]);
  throw notSupported(property?.at ?? call.at, 'this metadata property', "'[User].[name]' is");
}

function metadata(kind: 'user' | 'ioTHub', name: string | undefined): Evaluate {
  return (row) => {
    const fields = row.event?.[kind] ?? null;
    return fields === null || name === undefined ? fields : fieldOf(fields, name);
  };
}

/** @throws QueryError when a call has too few or too many arguments */
export function checkCount(call: CallExpression, least: number, most: number): void {
  const count = call.star ? 0 : call.args.length;
  if (count >= least && count <= most && !call.star) return;
  const wanted = least === most ? String(least) : `${least} or more`;
  throw new QueryError(call.at, `${call.name} takes ${wanted} arguments, not ${count}`);
}
