/** Turns conditions into tests of a row. Logic has two values: what involves NULL is false. */
import { compare, likePattern } from '../comparison.ts';
import { tryCast } from '../conversion.ts';
import type { BinaryOperator, Expression } from '../language/ast.ts';
import { QueryError } from '../query-error.ts';
import type { Row } from '../row.ts';
import { compileExpression } from './compile-expression.ts';
import type { Scope } from './scope.ts';

/** Whether a row meets a condition. */
export type Test = (row: Row) => boolean;

type Of<K extends Expression['kind']> = Extract<Expression, { kind: K }>;

/** @throws QueryError when the expression is not a condition */
export function compileCondition(expression: Expression, scope: Scope): Test {
  switch (expression.kind) {
    case 'binary':
      return compileBinary(expression, scope);
    case 'not': {
      const operand = compileCondition(expression.operand, scope);
      return (row) => !operand(row);
    }
    case 'isNull': {
      const operand = compileExpression(expression.operand, scope);
      return (row) => (operand(row) === null) !== expression.negated;
    }
    case 'in':
      return compileIn(expression, scope);
    case 'between':
      return compileBetween(expression, scope);
    case 'like':
      return compileLike(expression, scope);
    default:
      throw new QueryError(expression.at, 'a condition is expected, such as a comparison');
  }
}

function compileBinary({ operator, left, right, at }: Of<'binary'>, scope: Scope): Test {
  if (operator === 'AND' || operator === 'OR') {
    const first = compileCondition(left, scope);
    const second = compileCondition(right, scope);
    return operator === 'AND'
      ? (row) => first(row) && second(row)
      : (row) => first(row) || second(row);
  }
  const holds = comparisonTest(operator);
  if (holds === undefined) {
    throw new QueryError(at, 'a condition is expected, such as a comparison');
  }
  const a = compileExpression(left, scope);
  const b = compileExpression(right, scope);
  return (row) => {
    const order = compare(a(row), b(row), at);
    return order !== undefined && holds(order);
  };
}

function comparisonTest(operator: BinaryOperator): ((order: number) => boolean) | undefined {
  switch (operator) {
    case '=':
      return (order) => order === 0;
    case '<>':
      return (order) => order !== 0;
    case '<':
      return (order) => order < 0;
    case '<=':
      return (order) => order <= 0;
    case '>':
      return (order) => order > 0;
    case '>=':
      return (order) => order >= 0;
    default:
      return undefined;
  }
}

function compileIn({ operand, list, negated, at }: Of<'in'>, scope: Scope): Test {
  const value = compileExpression(operand, scope);
  const members = list.map((member) => compileExpression(member, scope));
  return (row) => {
    const tested = value(row);
    if (tested === null) return false;
    return members.some((member) => compare(tested, member(row), at) === 0) !== negated;
  };
}

function compileBetween(expression: Of<'between'>, scope: Scope): Test {
  const { negated, at } = expression;
  const value = compileExpression(expression.operand, scope);
  const low = compileExpression(expression.low, scope);
  const high = compileExpression(expression.high, scope);
  return (row) => {
    const above = compare(value(row), low(row), at);
    const below = compare(value(row), high(row), at);
    if (above === undefined || below === undefined) return false;
    return (above >= 0 && below <= 0) !== negated;
  };
}

function compileLike({ operand, pattern, negated }: Of<'like'>, scope: Scope): Test {
  const value = compileExpression(operand, scope);
  const fixed = pattern.kind === 'literal' ? likePattern(String(pattern.value)) : undefined;
  const like = compileExpression(pattern, scope);
  return (row) => {
    const text = tryCast(value(row), 'nvarchar(max)');
    const mask = like(row);
    if (typeof text !== 'string' || mask === null) return false;
    return (fixed ?? likePattern(String(mask))).test(text) !== negated;
  };
}
