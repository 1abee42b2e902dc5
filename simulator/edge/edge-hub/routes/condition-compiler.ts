/**
 * Makes a function of a condition.
 *
 * Undefined is contagious: what is computed from it is undefined, `and`, `or` and `not` follow
 * three-valued logic, and a message is routed only when the whole condition is true.
 *
 * Source: Azure/iotedge, edge-hub, Routing.Core, query/ConditionVisitor.cs.
 */
import { parseBodyPath, queryBody } from './body-query.ts';
import {
  CONDITION_FUNCTIONS,
  type ConditionFunction,
  type ConditionType,
} from './condition-functions.ts';
import type { BinaryOperator, Condition, ConditionValue } from './condition.ts';
import { RouteError } from './route-error.ts';

/** What a condition sees of a message. */
export interface ConditionMessage {
  readonly properties: Readonly<Record<string, string>>;
  readonly systemProperties: Readonly<Record<string, string>>;
  /** The decoded JSON body; undefined when it cannot be queried. */
  body(): unknown;
}

export interface CompiledCondition {
  readonly type: ConditionType;
  readonly evaluate: (message: ConditionMessage) => ConditionValue;
}

/** @throws RouteError for unknown functions and operands that can never fit */
export function compileCondition(condition: Condition): CompiledCondition {
  switch (condition.kind) {
    case 'literal':
      return { type: typeOf(condition.value), evaluate: () => condition.value };
    case 'property':
      return { type: 'string', evaluate: ({ properties }) => own(properties, condition.name) };
    case 'system':
      return compileSystem(condition);
    case 'unary':
      return compileUnary(condition);
    case 'binary':
      return compileBinary(condition);
    case 'call':
      return compileCall(condition);
  }
}

function own(bag: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(bag, name) ? bag[name] : undefined;
}

function compileSystem({
  name,
  escaped,
  offset,
}: Condition & { kind: 'system' }): CompiledCondition {
  const isBodyQuery = name.toLowerCase().startsWith('$body.');
  const path = isBodyQuery ? parseBodyPath(name.slice('$body.'.length), offset) : [];
  const stored = isBodyQuery
    ? (message: ConditionMessage) => queryBody(message.body(), path)
    : (message: ConditionMessage) => own(message.systemProperties, name.slice(1));
  const evaluate = escaped
    ? stored
    : (message: ConditionMessage) => own(message.properties, name) ?? stored(message);
  return { type: isBodyQuery ? 'any' : 'string', evaluate };
}

function compileUnary({
  operator,
  operand,
  offset,
}: Condition & { kind: 'unary' }): CompiledCondition {
  const { type, evaluate } = compileCondition(operand);
  const expected = operator === 'not' ? 'boolean' : 'number';
  if (!fits(type, expected)) throw wrongOperand(operator, [type], offset);
  if (operator === 'not') return { type: 'boolean', evaluate: (message) => not(evaluate(message)) };
  return {
    type: 'number',
    evaluate: (message) => {
      const value = evaluate(message);
      return typeof value === 'number' ? -value : undefined;
    },
  };
}

function not(value: ConditionValue): boolean | undefined {
  return typeof value === 'boolean' ? !value : undefined;
}

function compileBinary(condition: Condition & { kind: 'binary' }): CompiledCondition {
  const { operator, offset } = condition;
  const left = compileCondition(condition.left);
  const right = compileCondition(condition.right);
  const { expected, result, apply } = BINARY[operator];
  const fit =
    expected === 'same'
      ? fits(right.type, left.type) || fits(left.type, right.type)
      : fits(left.type, expected) && fits(right.type, expected);
  if (!fit) throw wrongOperand(operator, [left.type, right.type], offset);
  return {
    type: result ?? (left.type === 'undefined' ? right.type : left.type),
    evaluate: (message) => apply(left.evaluate(message), right.evaluate(message)),
  };
}

interface BinaryRule {
  readonly expected: ConditionType | 'same';
  /** Left out: the type of the operands. */
  readonly result?: ConditionType;
  readonly apply: (left: ConditionValue, right: ConditionValue) => ConditionValue;
}

const BINARY: Readonly<Record<BinaryOperator, BinaryRule>> = {
  '*': arithmetic((a, b) => a * b),
  '/': arithmetic((a, b) => a / b),
  '%': arithmetic((a, b) => a % b),
  '+': arithmetic((a, b) => a + b),
  '-': arithmetic((a, b) => a - b),
  '||': {
    expected: 'string',
    result: 'string',
    apply: (a, b) => (typeof a === 'string' && typeof b === 'string' ? a + b : undefined),
  },
  '<': comparison((order) => order < 0),
  '<=': comparison((order) => order <= 0),
  '>': comparison((order) => order > 0),
  '>=': comparison((order) => order >= 0),
  '=': comparison((order) => order === 0),
  '!=': comparison((order) => order !== 0),
  and: {
    expected: 'boolean',
    result: 'boolean',
    apply: (a, b) =>
      a === false || b === false ? false : a === true && b === true ? true : undefined,
  },
  or: {
    expected: 'boolean',
    result: 'boolean',
    apply: (a, b) =>
      a === true || b === true ? true : a === false && b === false ? false : undefined,
  },
  '??': { expected: 'same', apply: (a, b) => (a === undefined ? b : a) },
};

function arithmetic(apply: (left: number, right: number) => number): BinaryRule {
  return {
    expected: 'number',
    result: 'number',
    apply: (a, b) => (typeof a === 'number' && typeof b === 'number' ? apply(a, b) : undefined),
  };
}

function comparison(test: (order: number) => boolean): BinaryRule {
  return {
    expected: 'same',
    result: 'boolean',
    apply: (a, b) => {
      const order = compare(a, b);
      return order === undefined ? undefined : test(order);
    },
  };
}

/** Strings compare by code unit; values of different kinds, and NaN, do not compare at all. */
function compare(left: ConditionValue, right: ConditionValue): number | undefined {
  if (left === undefined || right === undefined || typeof left !== typeof right) return undefined;
  if (left === null || right === null) return left === right ? 0 : undefined;
  if (left === right) return 0;
  return left < right ? -1 : left > right ? 1 : undefined;
}

function compileCall({ name, operands, offset }: Condition & { kind: 'call' }): CompiledCondition {
  const called = CONDITION_FUNCTIONS.get(name);
  if (called === undefined) {
    const known = [...CONDITION_FUNCTIONS.keys()].join(', ');
    throw new RouteError(offset, `The function ${name} is not supported`, `There are: ${known}.`);
  }
  const compiled = operands.map(compileCondition);
  checkOperands(called, name, { given: compiled, offset });
  return {
    type: called.result,
    evaluate: (message) => called.apply(compiled.map(({ evaluate }) => evaluate(message))),
  };
}

function checkOperands(
  { operands, optional = 0, variadic = false }: ConditionFunction,
  name: string,
  { given, offset }: { given: readonly CompiledCondition[]; offset: number },
): void {
  const most = variadic ? Infinity : operands.length;
  const types = given.map(({ type }) => type);
  const fit = types.every((type, index) => fits(type, operands[index] ?? operands.at(-1) ?? 'any'));
  if (given.length < operands.length - optional || given.length > most || !fit) {
    throw wrongOperand(name, types, offset);
  }
}

function fits(given: ConditionType, expected: ConditionType): boolean {
  const alwaysFit: readonly ConditionType[] = ['any', 'undefined', 'null'];
  return given === expected || alwaysFit.includes(given) || expected === 'any';
}

function wrongOperand(
  operator: string,
  given: readonly ConditionType[],
  offset: number,
): RouteError {
  return new RouteError(
    offset,
    `${operator} does not take ${given.length === 0 ? 'nothing' : given.join(' and ')}`,
    'Properties are strings: compare with a quoted string, or wrap them in as_number(); ' +
      'put parentheses after NOT.',
  );
}

function typeOf(value: ConditionValue): ConditionType {
  if (value === null) return 'null';
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'undefined';
}
