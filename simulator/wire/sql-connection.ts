/** How local processes reach the local Azure SQL, and as whom. */
import type { Settings } from './settings.ts';

/** The one database. */
export const SQL_DATABASE = 'smart-meters';

/** Owns the database. */
export const SQL_ADMINISTRATOR = 'administrator';

/** What managed identities are in Azure: users, each with the role that its service has there. */
export const SQL_USERS = {
  'stream-analytics': 'telemetry_writer',
  dashboard: 'telemetry_reader',
  function: 'incident_writer',
} as const;
export type SqlUser = keyof typeof SQL_USERS | typeof SQL_ADMINISTRATOR;

/** Settings for Microsoft's client (`mssql`). Secret. */
export interface SqlClientConfig {
  readonly server: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly options: {
    readonly encrypt: true;
    readonly cryptoCredentialsDetails: { readonly ca: string };
  };
}

/** @param caPem certificate of this machine's authority */
export function sqlClientConfig(
  { ports, secrets }: Pick<Settings, 'ports' | 'secrets'>,
  user: SqlUser,
  caPem: string,
): SqlClientConfig {
  return {
    server: 'localhost',
    port: ports.sql,
    database: SQL_DATABASE,
    user,
    password: secrets.sqlPassword,
    options: { encrypt: true, cryptoCredentialsDetails: { ca: caPem } },
  };
}
