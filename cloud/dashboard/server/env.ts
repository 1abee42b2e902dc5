import { z } from 'zod';
import type { Authentication } from './sign-in.ts';

const ConnectionString = z
  .string()
  .regex(/^Endpoint=sb:\/\//, 'does not begin with "Endpoint=sb://"');
const Text = z.string().min(1);

const Environment = z.object({
  /** Connection string that may listen on the hub with the averages: on a laptop. */
  HOT_PATH_CONNECTION_STRING: ConnectionString.optional(),
  /** Host name of its namespace, which the app's managed identity may read: in Azure. */
  HOT_PATH_NAMESPACE: Text.optional(),
  HOT_PATH_HUB: Text.default('hot-path'),
  /** The same for the hub with the anomalies. */
  ALERTS_CONNECTION_STRING: ConnectionString.optional(),
  ALERTS_NAMESPACE: Text.optional(),
  ALERTS_HUB: Text.default('alerts'),
  CONSUMER_GROUP: Text.default('dashboard'),
  /** Host name of the SQL server with the history; without it there is none. */
  SQL_SERVER: Text.optional(),
  SQL_DATABASE: Text.default('smart-meters'),
  SQL_PORT: z.coerce.number().int().min(1).max(65_535).default(1_433),
  /** A SQL login; without it the managed identity signs in. */
  SQL_USER: Text.optional(),
  SQL_PASSWORD: Text.optional(),
  /** Certificates of the authority that the server's is from, PEM, when it is not a public one. */
  SQL_CA_FILE: Text.optional(),
  /** `easy-auth`: serve only whom App Service has signed in. */
  AUTHENTICATION: z.enum(['easy-auth', 'none']).optional(),
  /** App Service sets it. */
  WEBSITE_SITE_NAME: Text.optional(),
  /** Address to listen on; App Service needs 0.0.0.0. */
  HOST: Text.default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8_080),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
type Environment = z.infer<typeof Environment>;

/** How to reach an event hub: with a key, or with the app's identity. */
export type HubAddress = { readonly hub: string; readonly consumerGroup: string } & (
  { readonly connectionString: string } | { readonly namespace: string }
);

/** How to reach the database. */
export interface SqlAddress {
  readonly server: string;
  readonly port: number;
  readonly database: string;
  /** A file with the certificate authority, PEM; the public ones are trusted without it. */
  readonly caFile?: string;
  /** The managed identity signs in without it. */
  readonly login?: { readonly user: string; readonly password: string };
}

/** The dashboard's settings. */
export interface DashboardEnv {
  readonly hotPath: HubAddress;
  readonly alerts: HubAddress;
  readonly sql?: SqlAddress;
  readonly authentication: Authentication;
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
}

const LOOPBACK = /^(127\.|::1$|localhost$)/;

/**
 * Reads the dashboard's settings.
 *
 * @throws Error naming each variable that is missing or malformed, never its value
 */
export function readEnv(environment: Record<string, string | undefined>): DashboardEnv {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    throw faulty(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`));
  }
  const { data } = parsed;
  const hotPath = hubAddress(data, 'HOT_PATH');
  const alerts = hubAddress(data, 'ALERTS');
  const authentication = authenticationOf(data);
  const sql = sqlAddress(data);
  if (hotPath === undefined || alerts === undefined || authentication === undefined) {
    throw faulty([
      ...(hotPath === undefined ? [missingHub('HOT_PATH')] : []),
      ...(alerts === undefined ? [missingHub('ALERTS')] : []),
      ...(authentication === undefined ? [missingAuthentication(data.HOST)] : []),
    ]);
  }
  return {
    hotPath,
    alerts,
    ...(sql === undefined ? {} : { sql }),
    authentication,
    host: data.HOST,
    port: data.PORT,
    logLevel: data.LOG_LEVEL,
  };
}

function faulty(faults: readonly string[]): Error {
  return new Error(`The dashboard cannot start: ${faults.join('; ')}.`);
}

type HubVariable = 'HOT_PATH' | 'ALERTS';

function hubAddress(data: Environment, name: HubVariable): HubAddress | undefined {
  const common = { hub: data[`${name}_HUB`], consumerGroup: data.CONSUMER_GROUP };
  const connectionString = data[`${name}_CONNECTION_STRING`];
  if (connectionString !== undefined) return { ...common, connectionString };
  const namespace = data[`${name}_NAMESPACE`];
  return namespace === undefined ? undefined : { ...common, namespace };
}

function missingHub(name: HubVariable): string {
  return (
    `${name}_CONNECTION_STRING is missing: set it to the connection string of the event hub, ` +
    `or ${name}_NAMESPACE to the host name of its namespace`
  );
}

function sqlAddress(data: Environment): SqlAddress | undefined {
  if (data.SQL_SERVER === undefined) return undefined;
  const { SQL_USER: user, SQL_PASSWORD: password } = data;
  if ((user === undefined) !== (password === undefined)) {
    throw faulty(['SQL_USER and SQL_PASSWORD belong together']);
  }
  return {
    server: data.SQL_SERVER,
    port: data.SQL_PORT,
    database: data.SQL_DATABASE,
    ...(data.SQL_CA_FILE === undefined ? {} : { caFile: data.SQL_CA_FILE }),
    ...(user === undefined || password === undefined ? {} : { login: { user, password } }),
  };
}

/** In App Service people sign in; elsewhere it is open to this machine only, unless told otherwise. */
function authenticationOf(data: Environment): Authentication | undefined {
  if (data.AUTHENTICATION !== undefined) return data.AUTHENTICATION;
  if (data.WEBSITE_SITE_NAME !== undefined) return 'easy-auth';
  return LOOPBACK.test(data.HOST) ? 'none' : undefined;
}

function missingAuthentication(host: string): string {
  return (
    `AUTHENTICATION is missing: listening on ${host} without it would show the dashboard to ` +
    'everybody; set it to "easy-auth", or to "none" when something else keeps strangers out'
  );
}
