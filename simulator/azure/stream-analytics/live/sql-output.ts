/**
 * Loads rows into a table of Azure SQL.
 *
 * Invariants:
 * - a row that is there already, by a unique key of the table, is left out, and no other row with it;
 * - what will pass is tried again for ever, in ever smaller batches; what will not is the error
 *   policy's: the job waits, or goes on without the row.
 *
 * Source: Stream Analytics, "Azure SQL Database output", "Increase throughput to Azure SQL" and
 * "Troubleshoot outputs" (key violations).
 */
import type mssql from 'mssql';
import type { ConnectionPool, Table, config } from 'mssql';
import type { SqlRecord } from '../core/values.ts';
import type { LiveOutput } from './live-output.ts';
import { describe, untilItWorks, type RetryContext } from './retry.ts';
import { toColumn, type TableColumn } from './sql-values.ts';

/** What an output to a table needs. */
export interface SqlOutputOptions {
  /** Settings for Microsoft's client. */
  readonly connection: config;
  /** As the project writes it, such as `[dbo].[averages]`. */
  readonly table: string;
  /** Rows that one load holds at most. */
  readonly maxBatchCount: number;
  /** What happens to a row that its table cannot take. */
  readonly errorPolicy: 'retry' | 'drop';
}

type Client = typeof mssql;
type Row = readonly (string | number | boolean | Date | null)[];

/** How a load ended when it did not fail for the moment only. */
type Loaded =
  | { readonly kind: 'written' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'misfit'; readonly reason: string };

interface Connected {
  readonly client: Client;
  readonly pool: ConnectionPool;
  readonly columns: readonly TableColumn[];
}

/** A batch that failed is halved down to this. */
const SMALLEST_BATCH = 100;
const DUPLICATE_KEY = new Set([2601, 2627]);
/** NULL where there must be none, a check that fails, text that is too long, numbers out of range. */
const MISFIT = new Set([220, 241, 245, 515, 547, 2628, 4815, 8114, 8115, 8152]);

/** Writes with Microsoft's client. */
export class SqlOutput implements LiveOutput {
  readonly #options: SqlOutputOptions;
  readonly #context: RetryContext;
  #batchCount: number;
  #connected: Promise<Connected> | undefined;

  constructor(options: SqlOutputOptions, context: RetryContext) {
    this.#options = options;
    this.#context = context;
    this.#batchCount = options.maxBatchCount;
  }

  async write(rows: readonly SqlRecord[]): Promise<void> {
    for (let from = 0; from < rows.length;) {
      const batch = rows.slice(from, from + this.#batchCount);
      await this.#load(batch);
      from += batch.length;
      this.#batchCount = Math.min(this.#batchCount * 2, this.#options.maxBatchCount);
    }
  }

  async close(): Promise<void> {
    const connected = await this.#connected?.catch(() => undefined);
    this.#connected = undefined;
    await connected?.pool.close();
  }

  /** Halves what holds a row that cannot be loaded until that row is alone. */
  async #load(rows: readonly SqlRecord[]): Promise<void> {
    if (rows.length === 0) return;
    const loaded = await untilItWorks(() => this.#attempt(rows), this.#context);
    if (loaded.kind === 'written') return;
    if (rows.length > 1) {
      const middle = Math.ceil(rows.length / 2);
      await this.#load(rows.slice(0, middle));
      await this.#load(rows.slice(middle));
      return;
    }
    if (loaded.kind === 'duplicate' || this.#options.errorPolicy === 'drop') return;
    await untilItWorks(async () => {
      const again = await this.#attempt(rows);
      if (again.kind === 'misfit') throw new Error(again.reason);
    }, this.#context);
  }

  async #attempt(rows: readonly SqlRecord[]): Promise<Loaded> {
    try {
      const connected = await this.#connect();
      return await loadRows(connected, this.#options, rows);
    } catch (error) {
      const number = errorNumber(error);
      if (DUPLICATE_KEY.has(number)) return { kind: 'duplicate' };
      if (MISFIT.has(number)) return { kind: 'misfit', reason: describe(error) };
      this.#batchCount = Math.max(Math.floor(this.#batchCount / 2), SMALLEST_BATCH);
      throw error;
    }
  }

  #connect(): Promise<Connected> {
    this.#connected ??= connect(this.#options).catch((error: unknown) => {
      this.#connected = undefined;
      throw error;
    });
    return this.#connected;
  }
}

/** The client is large: it is loaded when there is something to write. */
async function connect({ connection, table }: SqlOutputOptions): Promise<Connected> {
  const { default: client } = await import('mssql');
  const pool = new client.ConnectionPool({ ...connection, pool: { min: 0, max: 1 } });
  // An error of an idle connection ends that connection; the next load opens another.
  pool.on('error', () => undefined);
  await pool.connect();
  try {
    return { client, pool, columns: await describeTable(pool, table) };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

async function describeTable(pool: ConnectionPool, table: string): Promise<TableColumn[]> {
  const { recordset } = await pool.request().query(`SELECT TOP (0) * FROM ${table}`);
  return Object.values(recordset.columns)
    .toSorted((one, other) => one.index - other.index)
    .map(({ name, nullable, type, length, scale }) => {
      const make = typeof type === 'function' ? type : type.type;
      return {
        name,
        isNullable: nullable,
        type: 'declaration' in make ? String(make.declaration) : '',
        clientType: { type: make, length, scale },
      };
    });
}

/** Loads all rows or none, but for those that the policy drops. */
async function loadRows(
  { client, pool, columns }: Connected,
  { table: name, errorPolicy }: SqlOutputOptions,
  rows: readonly SqlRecord[],
): Promise<Loaded> {
  const used = columnsOf(rows, columns);
  const table: Table = new client.Table(name);
  for (const { name: column, clientType, isNullable } of used) {
    table.columns.add(column, clientType, { nullable: isNullable });
  }
  for (const row of rows) {
    const values = rowValues(row, used);
    if (typeof values !== 'string') table.rows.add(...values);
    else if (errorPolicy === 'retry') return { kind: 'misfit', reason: values };
  }
  if (table.rows.length > 0) await pool.request().bulk(table);
  return { kind: 'written' };
}

/**
 * The table's columns that the rows have.
 *
 * @throws Error when the rows have one that the table lacks
 */
function columnsOf(
  rows: readonly SqlRecord[],
  columns: readonly TableColumn[],
): readonly TableColumn[] {
  const byName = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
  const used = new Set<TableColumn>();
  for (const name of new Set(rows.flatMap((row) => Object.keys(row)))) {
    const column = byName.get(name.toLowerCase());
    if (column === undefined) throw new Error(`the table has no column ${name}`);
    used.add(column);
  }
  return [...used];
}

function rowValues(row: SqlRecord, columns: readonly TableColumn[]): Row | string {
  const byName = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
  const values: Row[number][] = [];
  for (const column of columns) {
    const converted = toColumn(byName.get(column.name.toLowerCase()) ?? null, column);
    if (!converted.ok) return converted.reason;
    values.push(converted.value);
  }
  return values;
}

function errorNumber(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('number' in error)) return 0;
  return Number(error.number);
}
