/** Turns conditions into tests of a row. Logic has two values: what involves NULL is false. */
import { compare, likePattern } from '../comparison.ts';
import { tryCast } from '../conversion.ts';
import type { BinaryOperator, Expression } from '../language/ast.ts';
import { QueryError } from '../query-error.ts';
import type { Row } from '../row.ts';
import type { Evaluate } from './scope.ts';

/** Whether a row meets a condition. */
export type Test = (row: Row) => boolean;

type Of<K extends Expression['kind']> = Extract<Expression, { kind: K }>;

/** Compiles the values that a condition compares. */
export type CompileValue = (expression: Expression) => Evaluate;

/** @throws QueryError when the expression is not a condition */
export function compileTest(expression: Expression, valueOf: CompileValue): Test {
  switch (expression.kind) {
    case 'binary':
      return compileBinary(expression, valueOf);
    case 'not': {
      const operand = compileTest(expression.operand, valueOf);
      return (row) => !operand(row);
    }
    case 'isNull': {
      const operand = valueOf(expression.operand);
      return (row) => (operand(row) === null) !== expression.negated;
    }
    case 'in':
      return compileIn(expression, valueOf);
    case 'between':
      return compileBetween(expression, valueOf);
    case 'like':
      return compileLike(expression, valueOf);
    default:
      throw new QueryError(expression.at, 'a condition is expected, such as a comparison');
  }
}

function compileBinary({ operator, left, right, at }: Of<'binary'>, valueOf: CompileValue): Test {
  if (operator === 'AND' || operator === 'OR') {
    const first = compileTest(left, valueOf);
    const second = compileTest(right, valueOf);
    return operator === 'AND'
      ? (row) => first(row) && second(row)
      : (row) => first(row) || second(row);
  }
  const holds = comparisonTest(operator);
  if (holds === undefined) {
    throw new QueryError(at, 'a condition is expected, such as a comparison');
  }
  const a = valueOf(left);
  const b = valueOf(right);
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

function compileIn({ operand, list, negated, at }: Of<'in'>, valueOf: CompileValue): Test {
  const value = valueOf(operand);
  const members = list.map((member) => valueOf(member));
  return (row) => {
    const tested = value(row);
    if (tested === null) return false;
    return members.some((member) => compare(tested, member(row), at) === 0) !== negated;
  };
}

function compileBetween(expression: Of<'between'>, valueOf: CompileValue): Test {
  const { negated, at } = expression;
  const value = valueOf(expression.operand);
  const low = valueOf(expression.low);
  const high = valueOf(expression.high);
  return (row) => {
    const above = compare(value(row), low(row), at);
    const below = compare(value(row), high(row), at);
    if (above === undefined || below === undefined) return false;
    return (above >= 0 && below <= 0) !== negated;
  };
}

function compileLike({ operand, pattern, negated }: Of<'like'>, valueOf: CompileValue): Test {
  const value = valueOf(operand);
  const like = valueOf(pattern);
  return (row) => {
    const text = tryCast(value(row), 'nvarchar(max)');
    const mask = tryCast(like(row), 'nvarchar(max)');
    if (typeof text !== 'string' || typeof mask !== 'string') return false;
    return likePattern(mask).test(text) !== negated;
  };
}
