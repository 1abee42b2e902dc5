/** GROUP BY: keys, one window, aggregates. */
import { findCalls } from '../language/walk.ts';
import type { CallExpression, Expression, Select } from '../language/ast.ts';
import { fixedDuration } from '../functions/date-units.ts';
import { WindowAggregate, type AggregateCall } from '../operators/window-aggregate.ts';
import { QueryError, notSupported } from '../query-error.ts';
import { isAggregate } from './aggregate-names.ts';
import type { Chain } from './chain.ts';
import { checkCount, compileExpression } from './compile-expression.ts';
import { Scope, type Relation } from './scope.ts';

/** Windows of the language that this runner does not play. */
const OTHER_WINDOWS = /^(HOPPING|SLIDING|SESSION)(WINDOW)?$|^WINDOWS$/;

/** @throws QueryError when there is not exactly one window, or a timeline's key is missing */
export function planGroupBy(name: string, select: Select, relation: Relation): Chain {
  const scope = new Scope(relation);
  const windows = select.groupBy.filter(isWindow);
  const [window] = windows;
  if (window === undefined || windows.length > 1) {
    throw new QueryError(select.groupBy[0]?.at ?? select.at, 'GROUP BY needs exactly one window');
  }
  const keys = select.groupBy.filter((key) => !isWindow(key));
  const keyTexts = keys.map((key) => scope.textOf(key));
  mustHoldTimelines(relation, keyTexts, select.groupBy[0] ?? window);
  const calls = aggregateCalls(select, scope);
  const slots = new Map([...keyTexts, ...calls.keys()].map((text, index) => [text, index]));
  const spec = {
    id: `${name}: GROUP BY`,
    sizeMs: windowSizeMs(window),
    keys: keys.map((key) => compileExpression(key, scope)),
    aggregates: [...calls.values()].map((call) => planAggregate(call, scope)),
  };
  return {
    scope: new Scope(relation, slots, true),
    build: (next) => {
      const first = new WindowAggregate(spec, next);
      return { first, stateful: [[spec.id, first]] };
    },
  };
}

function isWindow(expression: Expression): expression is CallExpression {
  if (expression.kind !== 'call') return false;
  const name = expression.name.toUpperCase();
  if (OTHER_WINDOWS.test(name)) throw notSupported(expression.at, `the window ${expression.name}`);
  return ['TUMBLINGWINDOW', 'TUMBLING', 'SYSTEM.TIMESTAMP'].includes(name);
}

function windowSizeMs(window: CallExpression): number {
  if (window.name.toUpperCase() === 'SYSTEM.TIMESTAMP') return 0;
  const [unit, length] = window.args;
  if (window.args.length > 2) throw notSupported(window.at, 'a window with an offset');
  checkCount(window, 2, 2);
  if (unit === undefined || length === undefined) return 0;
  return fixedDuration(unit, length);
}

/** The aggregates of the SELECT list and of HAVING, each once, by their canonical text. */
function aggregateCalls(select: Select, scope: Scope): Map<string, CallExpression> {
  const expressions = select.items.flatMap((item) => {
    if (item.kind === 'expression') return [item.expression];
    throw new QueryError(item.at, 'SELECT * cannot be grouped');
  });
  if (select.having !== undefined) expressions.push(select.having);
  const calls = expressions.flatMap((expression) =>
    findCalls(
      expression,
      (call) => call.over !== undefined || isAggregate(call.name.toUpperCase()),
    ),
  );
  return new Map(calls.map((call) => [scope.textOf(call), call]));
}

function planAggregate(call: CallExpression, scope: Scope): AggregateCall {
  const name = call.name.toUpperCase();
  if (call.over !== undefined || !isAggregate(name)) {
    throw notSupported(call.at, 'OVER beside GROUP BY', 'put it in a step of its own');
  }
  if (call.star) {
    if (name !== 'COUNT') throw new QueryError(call.at, `${name}(*) is not an aggregate`);
    return { name, argument: undefined, at: call.at };
  }
  checkCount(call, 1, 1);
  const [argument] = call.args;
  if (argument === undefined) throw new QueryError(call.at, `${name} takes an argument`);
  return { name, argument: compileExpression(argument, scope), at: call.at };
}

/** Source: "TIMESTAMP BY", limitations: the columns of OVER must be grouping keys. */
function mustHoldTimelines(
  { substreamKeys, names }: Relation,
  keyTexts: readonly string[],
  at: Expression,
): void {
  if (substreamKeys === undefined) {
    throw new QueryError(at.at, `${names[0]} has dropped a column of TIMESTAMP BY … OVER`);
  }
  const missing = substreamKeys.find((key) => !keyTexts.includes(key));
  if (missing !== undefined) {
    throw new QueryError(at.at, `GROUP BY must name ${missing}, a column of TIMESTAMP BY … OVER`);
  }
}
