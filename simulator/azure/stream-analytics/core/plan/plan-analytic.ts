/** Functions with OVER in the SELECT list and in WHERE. */
import { fixedDuration } from '../functions/date-units.ts';
import { findCalls } from '../language/walk.ts';
import type { CallExpression, Expression, Select } from '../language/ast.ts';
import { Analytic, type AnalyticFunction, type OverSpec } from '../operators/analytic.ts';
import { Lag } from '../operators/lag.ts';
import { RunningAggregate } from '../operators/running-aggregate.ts';
import { SpikeAndDipFunction, type SpikeAndDipArguments } from '../operators/spike-and-dip.ts';
import { QueryError, notSupported } from '../query-error.ts';
import type { Value } from '../values.ts';
import { isAggregate } from './aggregate-names.ts';
import type { Chain } from './chain.ts';
import { checkCount, compileCondition, compileExpression } from './compile-expression.ts';
import { Scope, type Relation } from './scope.ts';

const SPIKE_AND_DIP = 'ANOMALYDETECTION_SPIKEANDDIP';

/** @throws QueryError when a call is wrong or not supported */
export function planAnalytic(name: string, select: Select, relation: Relation): Chain {
  const plain = new Scope(relation);
  const calls = analyticCalls(select, plain);
  if (calls.size === 0) return { scope: plain, build: (first) => ({ first, stateful: [] }) };
  refuseUnordered(select, relation);
  const slots = new Map([...calls.keys()].map((text, index) => [text, index]));
  const functions = [...calls].map(([text, call]) => {
    const id = `${name}: ${text}`;
    return [id, planFunction(id, call, plain)] as const;
  });
  return {
    scope: new Scope(relation, slots),
    build: (next) => ({
      first: new Analytic(
        functions.map(([, analytic]) => analytic),
        next,
      ),
      stateful: functions,
    }),
  };
}

function analyticCalls(select: Select, scope: Scope): Map<string, CallExpression> {
  const expressions = select.items.flatMap((item) =>
    item.kind === 'expression' ? [item.expression] : [],
  );
  if (select.where !== undefined) expressions.push(select.where);
  const calls = expressions.flatMap((expression) =>
    findCalls(expression, ({ over, name }) => over !== undefined || needsOver(name)),
  );
  return new Map(calls.map((call) => [scope.textOf(call), call]));
}

function needsOver(name: string): boolean {
  return name.toUpperCase() === SPIKE_AND_DIP || name.toUpperCase() === 'LAG';
}

function planFunction(id: string, call: CallExpression, scope: Scope): AnalyticFunction {
  const name = call.name.toUpperCase();
  const over = planOver(id, call, scope);
  if (name === 'LAG') return planLag(over, call, scope);
  if (name === SPIKE_AND_DIP) return planSpikeAndDip(over, call, scope);
  if (!isAggregate(name) || name === 'COUNT') {
    throw notSupported(call.at, `${call.name} with OVER`);
  }
  checkCount(call, 1, 1);
  return new RunningAggregate(over, name, compileArgument(call, 0, scope), call.at);
}

function planOver(id: string, call: CallExpression, scope: Scope): OverSpec {
  const { over } = call;
  if (over === undefined) throw new QueryError(call.at, `${call.name} needs OVER`);
  if (over.limit === undefined) throw new QueryError(over.at, 'OVER needs LIMIT DURATION');
  const texts = over.partitionBy.map((key) => scope.textOf(key));
  const missing = scope.relation.substreamKeys?.find((key) => !texts.includes(key));
  if (scope.relation.substreamKeys === undefined || missing !== undefined) {
    throw new QueryError(over.at, 'PARTITION BY must name the columns of TIMESTAMP BY … OVER');
  }
  return {
    id,
    partitionBy: over.partitionBy.map((key) => compileExpression(key, scope)),
    durationMs: fixedDuration(over.limit.unit, over.limit.length),
    when: over.when === undefined ? undefined : compileCondition(over.when, scope),
  };
}

function planLag(over: OverSpec, call: CallExpression, scope: Scope): Lag {
  checkCount(call, 1, 3);
  const [, offset, otherwise] = call.args;
  const count = offset === undefined ? 1n : constant(offset);
  if (typeof count !== 'bigint' || count < 1n) {
    throw new QueryError(offset?.at ?? call.at, 'the offset is a whole number above 0');
  }
  const fallback = otherwise === undefined ? () => null : compileExpression(otherwise, scope);
  return new Lag(over, compileArgument(call, 0, scope), Number(count), fallback);
}

function planSpikeAndDip(over: OverSpec, call: CallExpression, scope: Scope): SpikeAndDipFunction {
  checkCount(call, 4, 4);
  return new SpikeAndDipFunction(over, compileArgument(call, 0, scope), spikeAndDipArguments(call));
}

function spikeAndDipArguments({ args, at }: CallExpression): SpikeAndDipArguments {
  const wrong = (index: number, wanted: string): QueryError =>
    new QueryError(args[index]?.at ?? at, wanted);
  const [, confidence, historySize, mode] = args.map(constant);
  const percent = Number(confidence);
  if (!(percent >= 1 && percent <= 100)) throw wrong(1, 'the confidence is a number from 1 to 100');
  if (typeof historySize !== 'bigint' || historySize < 1n) {
    throw wrong(2, 'the history size is a whole number above 0');
  }
  if (!isMode(mode)) throw wrong(3, "the mode is 'spikes', 'dips' or 'spikesanddips'");
  return { confidence: percent, historySize: Number(historySize), mode, at };
}

function isMode(mode: Value | undefined): mode is SpikeAndDipArguments['mode'] {
  return mode === 'spikes' || mode === 'dips' || mode === 'spikesanddips';
}

function compileArgument(call: CallExpression, index: number, scope: Scope) {
  const argument = call.args[index];
  if (argument === undefined) throw new QueryError(call.at, `${call.name} takes an argument`);
  return compileExpression(argument, scope);
}

function constant(expression: Expression) {
  return expression.kind === 'literal' ? expression.value : undefined;
}

/** Events of an input with TIMESTAMP BY come in any order within the tolerance. */
function refuseUnordered(select: Select, relation: Relation): void {
  if (!relation.isInput || select.from.timestampBy === undefined) return;
  throw notSupported(
    select.at,
    'OVER straight on an input with TIMESTAMP BY',
    'put a step with a window between them',
  );
}
