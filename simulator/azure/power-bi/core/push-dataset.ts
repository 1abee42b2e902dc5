/**
 * One push dataset, with the limits that Power BI holds its clients to. Rows are counted, and the
 * last ones kept to be looked at.
 *
 * Invariants:
 * - a request is taken whole or not at all;
 * - in any minute at most 120 requests are taken, in any hour at most a million rows.
 */
import { PUSH_LIMITS } from './limits.ts';
import { rowFault, schemaFault, type PushRow, type TableSchema } from './table-schema.ts';

/** What happens when a table is full: the oldest rows go, or nothing more is taken. */
export type Retention = 'basicFIFO' | 'None';

/** Why something is refused, as an HTTP status and a code; `retryAfterSeconds` with 429. */
export interface Refusal {
  readonly status: 400 | 404 | 409 | 429;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** One table as the page shows it. */
export interface TableView extends TableSchema {
  /** Rows that Power BI would hold now. */
  readonly rows: number;
  /** Rows that were ever taken. */
  readonly taken: number;
  /** The newest first. */
  readonly latest: readonly PushRow[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const SHOWN_ROWS = 20;

interface Table {
  schema: TableSchema;
  rows: number;
  taken: number;
  latest: PushRow[];
}

/** A dataset that rows are pushed to. */
export class PushDataset {
  readonly id: string;
  readonly name: string;
  readonly retention: Retention;
  readonly #tables = new Map<string, Table>();
  /** Requests of the last hour, oldest first. */
  #requests: { readonly atMs: number; readonly rows: number }[] = [];
  #throttled = 0;

  constructor(id: string, name: string, retention: Retention) {
    this.id = id;
    this.name = name;
    this.retention = retention;
  }

  /** Adds a table, or changes the columns of one. */
  setTable(schema: TableSchema): Refusal | undefined {
    const fault = schemaFault(schema);
    if (fault !== undefined) return badRequest(fault);
    const known = this.#tables.get(schema.name);
    if (known !== undefined) {
      known.schema = schema;
      return undefined;
    }
    if (this.#tables.size >= PUSH_LIMITS.tablesPerDataset) {
      return badRequest(`a dataset has at most ${PUSH_LIMITS.tablesPerDataset} tables`);
    }
    this.#tables.set(schema.name, { schema, rows: 0, taken: 0, latest: [] });
    return undefined;
  }

  /** Takes the rows of one request, or says why not. */
  push(tableName: string, rows: readonly PushRow[], nowMs: number): Refusal | undefined {
    const table = this.#tables.get(tableName);
    if (table === undefined) return notFound(`dataset ${this.name} has no table ${tableName}`);
    const refusal = this.#throttle(table, rows.length, nowMs) ?? this.#fault(table, rows);
    if (refusal?.status === 429) this.#throttled += 1;
    if (refusal !== undefined) return refusal;
    this.#requests.push({ atMs: nowMs, rows: rows.length });
    table.taken += rows.length;
    const kept = this.retention === 'basicFIFO' ? PUSH_LIMITS.fifoRows : Number.POSITIVE_INFINITY;
    table.rows = Math.min(table.rows + rows.length, kept);
    table.latest = [...rows.slice(-SHOWN_ROWS).toReversed(), ...table.latest].slice(0, SHOWN_ROWS);
    return undefined;
  }

  /** Empties a table. */
  clear(tableName: string): Refusal | undefined {
    const table = this.#tables.get(tableName);
    if (table === undefined) return notFound(`dataset ${this.name} has no table ${tableName}`);
    table.rows = 0;
    table.latest = [];
    return undefined;
  }

  get tables(): TableView[] {
    return [...this.#tables.values()].map(({ schema, ...table }) => ({ ...schema, ...table }));
  }

  /** How much of the limits is used, and how often they were met. */
  usage(nowMs: number): { requestsInMinute: number; rowsInHour: number; throttled: number } {
    this.#forget(nowMs);
    return {
      requestsInMinute: this.#requestsSince(nowMs - MINUTE_MS).length,
      rowsInHour: this.#rowsInHour(),
      throttled: this.#throttled,
    };
  }

  #throttle(table: Table, rows: number, nowMs: number): Refusal | undefined {
    this.#forget(nowMs);
    const { requestsPerMinute, rowsPerHour, largeTableRows, requestsPerHourWhenLarge } =
      PUSH_LIMITS;
    const inMinute = this.#requestsSince(nowMs - MINUTE_MS);
    if (inMinute.length >= requestsPerMinute) {
      const freeMs = (inMinute[0]?.atMs ?? nowMs) + MINUTE_MS;
      return tooMany(`${requestsPerMinute} requests a minute`, freeMs - nowMs);
    }
    const freeMs = (this.#requests[0]?.atMs ?? nowMs) + HOUR_MS;
    if (rows <= rowsPerHour && this.#rowsInHour() + rows > rowsPerHour) {
      return tooMany(`${rowsPerHour} rows an hour`, freeMs - nowMs);
    }
    const isLarge = table.rows >= largeTableRows;
    return isLarge && this.#requests.length >= requestsPerHourWhenLarge
      ? tooMany(`${requestsPerHourWhenLarge} requests an hour to a large table`, freeMs - nowMs)
      : undefined;
  }

  #fault(table: Table, rows: readonly PushRow[]): Refusal | undefined {
    const { rowsPerRequest, keptRows } = PUSH_LIMITS;
    if (rows.length > rowsPerRequest) {
      return badRequest(`${rows.length} rows in one request are over ${rowsPerRequest}`);
    }
    if (this.retention === 'None' && table.rows + rows.length > keptRows) {
      return badRequest(`table ${table.schema.name} is full: it holds ${keptRows} rows`);
    }
    for (const [index, row] of rows.entries()) {
      const fault = rowFault(table.schema, row);
      if (fault !== undefined) return badRequest(`row ${index}: ${fault}`);
    }
    return undefined;
  }

  #forget(nowMs: number): void {
    const first = this.#requests.findIndex(({ atMs }) => atMs > nowMs - HOUR_MS);
    this.#requests.splice(0, first === -1 ? this.#requests.length : first);
  }

  #requestsSince(sinceMs: number) {
    return this.#requests.filter(({ atMs }) => atMs > sinceMs);
  }

  #rowsInHour(): number {
    return this.#requests.reduce((sum, { rows }) => sum + rows, 0);
  }
}

function badRequest(message: string): Refusal {
  return { status: 400, code: 'InvalidRequest', message };
}

function notFound(message: string): Refusal {
  return { status: 404, code: 'PowerBIEntityNotFound', message };
}

function tooMany(limit: string, waitMs: number): Refusal {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1_000));
  const message = `the limit of ${limit} is reached`;
  return { status: 429, code: 'TooManyRequests', message, retryAfterSeconds };
}
