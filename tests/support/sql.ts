/** The local Azure SQL for one test, and Microsoft's client of it. */
import mssql from 'mssql';
import { pino } from 'pino';
import { startSql } from '../../simulator/azure/sql/sql-server.ts';
import { ensureCertificates } from '../../simulator/wire/certificates.ts';
import type { Settings } from '../../simulator/wire/settings.ts';
import {
  SQL_ADMINISTRATOR,
  sqlClientConfig,
  type SqlUser,
} from '../../simulator/wire/sql-connection.ts';
import { testSettings } from './settings.ts';

export interface TestSql {
  readonly settings: Settings;
  /** A pool that is signed in; it is closed with the server. */
  connect(user?: SqlUser, overrides?: Partial<mssql.config>): Promise<mssql.ConnectionPool>;
  /** Ends the server and starts another on the same state. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server with a state folder of its own; cloud/sql is applied. */
export async function startTestSql(): Promise<TestSql> {
  const { settings, cleanup } = await testSettings();
  const log = pino({ level: 'silent' });
  const { caPem } = await ensureCertificates(settings);
  let service = await startSql({ settings, log });
  const pools: mssql.ConnectionPool[] = [];
  const closePools = async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
  };
  return {
    settings,
    connect: async (user = SQL_ADMINISTRATOR, overrides = {}) => {
      const config = { ...sqlClientConfig(settings, user, caPem), ...overrides };
      const pool = await new mssql.ConnectionPool(config).connect();
      pools.push(pool);
      return pool;
    },
    restart: async () => {
      await closePools();
      await service.stop();
      service = await startSql({ settings, log });
    },
    stop: async () => {
      await closePools();
      await service.stop();
      await cleanup();
    },
  };
}

/** Rows of a query; none for a statement that gives no result. */
export async function rowsOf(
  pool: mssql.ConnectionPool | mssql.Transaction,
  query: string,
): Promise<Record<string, unknown>[]> {
  const { recordsets } = await pool.request().query<Record<string, unknown>[]>(query);
  return [...(Object.values(recordsets)[0] ?? [])];
}

/** Number of the error that work fails with. */
export async function errorNumber(work: Promise<unknown>): Promise<number> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (typeof error === 'object' && error !== null && 'number' in error) return Number(error.number);
  throw new Error(`no error of SQL Server: ${String(error)}`);
}

/** One average as a row of the table. */
export interface AverageRow {
  readonly id: string;
  readonly window: number;
  readonly revision?: number;
  readonly average?: number;
}

/** A bulk load of averages; window 1 ends five minutes after 1970 began. */
export function averagesTable(rows: readonly AverageRow[]): mssql.Table {
  const table = new mssql.Table('dbo.averages');
  table.columns.add('id', mssql.NVarChar(128), { nullable: false });
  for (const name of ['windowStart', 'windowEnd']) {
    table.columns.add(name, mssql.DateTime2(3), { nullable: false });
  }
  for (const name of ['average', 'minimum', 'maximum']) {
    table.columns.add(name, mssql.Float, { nullable: false });
  }
  for (const name of ['count', 'revision']) table.columns.add(name, mssql.Int, { nullable: false });
  for (const { id, window, revision = 0, average = 70.5 } of rows) {
    const start = new Date((window - 1) * 300_000);
    table.rows.add(id, start, new Date(window * 300_000), average, 70, 71, 30, revision);
  }
  return table;
}
