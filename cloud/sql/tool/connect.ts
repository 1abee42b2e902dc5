/** Opens the database that a command works on, with Microsoft's client. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import mssql, { type ConnectionPool, type config } from 'mssql';
import { z } from 'zod';
import { UsageError, type Address } from './arguments.ts';
import type { SqlBatches } from './migrations.ts';

/** What this needs of the local system's settings. */
const LocalSettings = z.object({
  ports: z.object({ sql: z.int() }),
  secrets: z.object({ sqlPassword: z.string() }),
});

/** An open database. */
export interface OpenDatabase extends SqlBatches {
  close(): Promise<void>;
}

/** @throws Error that says which server did not let us in, and why */
export async function openDatabase(address: Address): Promise<OpenDatabase> {
  const settings = address.kind === 'local' ? localConfig(address.stateFolder) : configOf(address);
  const pool = new mssql.ConnectionPool(settings);
  // What breaks an idle connection breaks the next request too, and is said there.
  pool.on('error', () => undefined);
  try {
    await pool.connect();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${settings.server} does not let us in: ${reason}`, { cause: error });
  }
  return {
    run: async (batch) => await lastRows(pool, batch),
    inTransaction: async (batches) => {
      const transaction = pool.transaction();
      await transaction.begin();
      try {
        for (const batch of batches) await transaction.request().batch(batch);
        await transaction.commit();
      } catch (error) {
        // The server may have rolled it back already.
        await transaction.rollback().catch(() => undefined);
        throw error;
      }
    },
    close: () => pool.close(),
  };
}

async function lastRows(pool: ConnectionPool, batch: string): Promise<Record<string, unknown>[]> {
  const { recordsets } = await pool.request().batch<Record<string, unknown>[]>(batch);
  return [...(Object.values(recordsets).at(-1) ?? [])];
}

function configOf({ server, port, database, login }: Extract<Address, { kind: 'server' }>): config {
  return {
    server,
    port,
    database,
    ...(login ?? { authentication: { type: 'azure-active-directory-default', options: {} } }),
    options: { encrypt: true },
    requestTimeout: 120_000,
  };
}

function localConfig(stateFolder: string): config {
  const path = join(stateFolder, 'settings.json');
  if (!existsSync(path)) {
    throw new UsageError(
      `${path} is missing: start the local system with npm start, or say --server and --database.`,
    );
  }
  const { ports, secrets } = LocalSettings.parse(JSON.parse(readFileSync(path, 'utf8')));
  const ca = readFileSync(join(stateFolder, 'certificates', 'ca.pem'), 'utf8');
  return {
    server: 'localhost',
    port: ports.sql,
    database: 'smart-meters',
    user: 'administrator',
    password: secrets.sqlPassword,
    options: { encrypt: true, cryptoCredentialsDetails: { ca } },
  };
}
