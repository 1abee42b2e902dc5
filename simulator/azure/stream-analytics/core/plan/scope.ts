/** What names mean in one place of a query. */
import { print } from '../language/print.ts';
import type { ColumnExpression, Expression } from '../language/ast.ts';
import { QueryError, type Position } from '../query-error.ts';
import type { Row } from '../row.ts';
import { SqlDateTime, fieldOf, isRecord, type Value } from '../values.ts';

/** Computes a value from a row. */
export type Evaluate = (row: Row) => Value;

/** Where the rows of a SELECT come from. */
export interface Relation {
  /** Names by which the query may call it, lower case: the source's own and its alias. */
  readonly names: readonly string[];
  /** Whether its rows are events as they came in, with metadata. */
  readonly isInput: boolean;
  /** Columns of a step; `undefined` where the events decide: inputs have no schema. */
  readonly columns: readonly string[] | undefined;
  /** Canonical texts of what `TIMESTAMP BY … OVER` named; `undefined` once a step has dropped one. */
  readonly substreamKeys: readonly string[] | undefined;
}

/** The columns that every input event has besides its payload. They win over payload fields. */
const METADATA_COLUMNS: ReadonlyMap<string, Evaluate> = new Map<string, Evaluate>([
  ['eventprocessedutctime', (row) => new SqlDateTime(row.event?.processedMs ?? 0)],
  ['partitionid', (row) => row.event?.partitionId ?? null],
  ['eventenqueuedutctime', (row) => new SqlDateTime(row.event?.arrivalMs ?? 0)],
  ['iothub', (row) => row.event?.ioTHub ?? null],
]);

/** Names as the service spells them, in the order in which `SELECT *` appends them. */
const METADATA_NAMES = ['EventProcessedUtcTime', 'PartitionId', 'EventEnqueuedUtcTime', 'IoTHub'];

/** The metadata columns of an event, as `SELECT *` appends them to its payload. */
export function metadataColumns(row: Row): [string, Value][] {
  return METADATA_NAMES.map((name) => [
    name,
    METADATA_COLUMNS.get(name.toLowerCase())?.(row) ?? null,
  ]);
}

/** Resolves names for the expressions of one SELECT. */
export class Scope {
  readonly relation: Relation;
  /** Canonical text of an expression that an operator has computed already, to its slot. */
  readonly #slots: ReadonlyMap<string, number>;
  /** Behind GROUP BY only keys and aggregates can be named. */
  readonly #grouped: boolean;

  constructor(relation: Relation, slots: ReadonlyMap<string, number> = new Map(), grouped = false) {
    this.relation = relation;
    this.#slots = slots;
    this.#grouped = grouped;
  }

  /** The canonical text of an expression, in which columns carry no source name. */
  textOf(expression: Expression): string {
    return print(expression, (path) => this.#withoutSource(path));
  }

  /** How to read an expression that was computed already; `undefined` when it was not. */
  computed(expression: Expression): Evaluate | undefined {
    if (this.#slots.size === 0) return undefined;
    const slot = this.#slots.get(this.textOf(expression));
    return slot === undefined ? undefined : (row) => row.slots[slot] ?? null;
  }

  /** @throws QueryError when there is no such column */
  column({ path, at }: ColumnExpression): Evaluate {
    const [name = '', ...fields] = this.#withoutSource(path);
    if (this.#grouped) {
      throw new QueryError(at, `${name} is neither in GROUP BY nor inside an aggregate`);
    }
    const read = this.#topLevel(name, at);
    if (fields.length === 0) return read;
    return (row) => fields.reduce((value, field) => nested(value, field), read(row));
  }

  #topLevel(name: string, at: Position): Evaluate {
    const { columns, names, isInput } = this.relation;
    const metadata = isInput ? METADATA_COLUMNS.get(name.toLowerCase()) : undefined;
    if (metadata !== undefined) return metadata;
    if (columns === undefined) return (row) => fieldOf(row.columns, name);
    const column = columns.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
    if (column === undefined) {
      throw new QueryError(at, `${names[0]} has no column ${name}; it has ${columns.join(', ')}`);
    }
    return (row) => row.columns[column] ?? null;
  }

  #withoutSource(path: readonly string[]): readonly string[] {
    const [first = ''] = path;
    const isSource = path.length > 1 && this.relation.names.includes(first.toLowerCase());
    return isSource ? path.slice(1) : path;
  }
}

function nested(value: Value, field: string): Value {
  return isRecord(value) ? fieldOf(value, field) : null;
}
