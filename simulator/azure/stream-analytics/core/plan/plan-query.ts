/**
 * From a syntax tree to connected operators: one chain per SELECT, steps shared by those that read
 * them. Everything that cannot be run is refused here, before the first event.
 */
import type { Name, Query, Select, Source } from '../language/ast.ts';
import { Filter } from '../operators/filter.ts';
import type { Stateful } from '../operators/keyed-state.ts';
import { Project } from '../operators/project.ts';
import { QueryError } from '../query-error.ts';
import { Fan, type Downstream } from '../row.ts';
import { planAnalytic } from './plan-analytic.ts';
import { planGroupBy } from './plan-group-by.ts';
import { planProjection } from './plan-projection.ts';
import { compileCondition, compileExpression } from './compile-expression.ts';
import { Scope, type Evaluate, type Relation } from './scope.ts';

/** How the events of one input enter the query. */
export interface InputPlan {
  readonly alias: string;
  readonly fan: Fan;
  /** Event time; arrival time without it. */
  readonly timestampBy: Evaluate | undefined;
  /** Which timeline an event belongs to; one for all when empty. */
  readonly over: readonly Evaluate[];
}

/** A query ready to run. */
export interface QueryPlan {
  readonly inputs: readonly InputPlan[];
  readonly outputs: readonly string[];
  readonly stateful: ReadonlyMap<string, Stateful>;
}

/** What surrounds a query: its project's inputs and outputs, and where results go. */
export interface PlanContext {
  /** Names there are; any name is right when absent. */
  readonly knownInputs?: readonly string[];
  readonly knownOutputs?: readonly string[];
  readonly output: (alias: string) => Downstream;
}

/** Output of a SELECT without INTO. */
const DEFAULT_OUTPUT = 'output';

/** @throws QueryError with line, column and reason */
export function planQuery(query: Query, context: PlanContext): QueryPlan {
  const planner = new Planner(context);
  for (const { name, select } of query.steps) planner.addStep(name, select);
  for (const select of query.selects) planner.addOutput(select);
  return planner.finish();
}

interface PlannedSource {
  readonly relation: Relation;
  readonly fan: Fan;
}

interface PlannedInput extends InputPlan {
  readonly source: Source;
  readonly relation: Relation;
  /** Canonical text of TIMESTAMP BY … OVER. */
  readonly timing: string;
}

class Planner {
  readonly #context: PlanContext;
  readonly #steps = new Map<string, PlannedSource>();
  readonly #inputs = new Map<string, PlannedInput>();
  readonly #outputs = new Map<string, string>();
  readonly #stateful = new Map<string, Stateful>();

  constructor(context: PlanContext) {
    this.#context = context;
  }

  addStep(name: Name, select: Select): void {
    const key = name.text.toLowerCase();
    if (this.#steps.has(key)) throw new QueryError(name.at, `there are two steps ${name.text}`);
    if (select.into !== undefined) throw new QueryError(select.into.at, 'a step has no INTO');
    const fan = new Fan();
    const relation = this.#addSelect(name.text, select, fan);
    this.#steps.set(key, { relation, fan });
  }

  addOutput(select: Select): void {
    const { text: alias, at } = select.into ?? { text: DEFAULT_OUTPUT, at: select.at };
    mustBeKnown({ text: alias, at }, 'output', this.#context.knownOutputs);
    if (this.#outputs.has(alias.toLowerCase())) {
      throw new QueryError(at, `Duplicate output names are not allowed: ${alias}`);
    }
    this.#outputs.set(alias.toLowerCase(), alias);
    this.#addSelect(`INTO ${alias}`, select, this.#context.output(alias));
  }

  finish(): QueryPlan {
    const inputs = [...this.#inputs.values()];
    const without = inputs.find(({ over }) => over.length === 0);
    if (without !== undefined && inputs.some(({ over }) => over.length > 0)) {
      // Source: "TIMESTAMP BY", limitations.
      const { at } = without.source.name;
      throw new QueryError(at, 'TIMESTAMP BY … OVER must be used for all inputs or for none');
    }
    return { inputs, outputs: [...this.#outputs.values()], stateful: this.#stateful };
  }

  #addSelect(name: string, select: Select, target: Downstream): Relation {
    const { relation, fan } = this.#source(select.from);
    const isGrouped = select.groupBy.length > 0;
    const chain = isGrouped
      ? planGroupBy(name, select, relation)
      : planAnalytic(name, select, relation);
    const projection = planProjection(name, select, { scope: chain.scope, relation });
    const having = select.having;
    if (having !== undefined && !isGrouped)
      throw new QueryError(having.at, 'HAVING needs GROUP BY');
    let next: Downstream = new Project(projection.columnsOf, target);
    if (having !== undefined) next = new Filter(compileCondition(having, chain.scope), next);
    if (!isGrouped) next = this.#where(select, chain.scope, next);
    const computed = chain.build(next);
    for (const [id, stateful] of computed.stateful) this.#stateful.set(id, stateful);
    next = computed.first;
    if (isGrouped) next = this.#where(select, new Scope(relation), next);
    fan.add(next);
    return projection.relation;
  }

  #where(select: Select, scope: Scope, next: Downstream): Downstream {
    return select.where === undefined
      ? next
      : new Filter(compileCondition(select.where, scope), next);
  }

  #source(source: Source): PlannedSource {
    const step = this.#steps.get(source.name.text.toLowerCase());
    if (step === undefined) return this.#input(source);
    if (source.timestampBy !== undefined) {
      throw new QueryError(source.timestampBy.at, 'TIMESTAMP BY is for inputs, not for steps');
    }
    return { fan: step.fan, relation: named(step.relation, source) };
  }

  #input(source: Source): PlannedSource {
    mustBeKnown(source.name, 'input', this.#context.knownInputs);
    const key = source.name.text.toLowerCase();
    const planned = planInput(source);
    const existing = this.#inputs.get(key);
    if (existing === undefined) {
      this.#inputs.set(key, planned);
      return planned;
    }
    if (existing.timing !== planned.timing) {
      throw new QueryError(
        source.name.at,
        `${source.name.text} is read with another TIMESTAMP BY elsewhere in this query`,
      );
    }
    return { fan: existing.fan, relation: planned.relation };
  }
}

function planInput(source: Source): PlannedInput {
  const scope = new Scope(inputRelation(source, []));
  const { name, timestampBy, over } = source;
  const keys = over.map((key) => scope.textOf(key));
  const eventTime = timestampBy === undefined ? '' : scope.textOf(timestampBy);
  return {
    alias: name.text,
    source,
    fan: new Fan(),
    timestampBy: timestampBy === undefined ? undefined : compileExpression(timestampBy, scope),
    over: over.map((key) => compileExpression(key, scope)),
    relation: inputRelation(source, keys),
    timing: [eventTime, ...keys].join(' over '),
  };
}

function inputRelation(source: Source, substreamKeys: readonly string[]): Relation {
  return named({ names: [], isInput: true, columns: undefined, substreamKeys }, source);
}

function named(relation: Relation, { name, alias }: Source): Relation {
  const names = [name.text, ...(alias === undefined ? [] : [alias])];
  return { ...relation, names: names.map((each) => each.toLowerCase()) };
}

function mustBeKnown(
  { text, at }: Name,
  kind: 'input' | 'output',
  known: readonly string[] | undefined,
): void {
  if (known === undefined) return;
  if (known.some((candidate) => candidate.toLowerCase() === text.toLowerCase())) return;
  throw new QueryError(at, `there is no ${kind} ${text}; there are ${known.join(', ')}`);
}
