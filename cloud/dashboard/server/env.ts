import { z } from 'zod';

const ConnectionString = z
  .string({ error: 'is missing: set it to the connection string of the event hub' })
  .regex(/^Endpoint=sb:\/\//, 'does not begin with "Endpoint=sb://"');

const Environment = z.object({
  /** Connection string that may listen on the hub with the averages. */
  HOT_PATH_CONNECTION_STRING: ConnectionString,
  HOT_PATH_HUB: z.string().min(1).default('hot-path'),
  /** Connection string that may listen on the hub with the anomalies. */
  ALERTS_CONNECTION_STRING: ConnectionString,
  ALERTS_HUB: z.string().min(1).default('alerts'),
  CONSUMER_GROUP: z.string().min(1).default('dashboard'),
  /** Address to listen on; App Service needs 0.0.0.0. */
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8_080),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** One event hub to read. */
export interface HubAddress {
  readonly connectionString: string;
  readonly hub: string;
  readonly consumerGroup: string;
}

/** The dashboard's settings. */
export interface DashboardEnv {
  readonly hotPath: HubAddress;
  readonly alerts: HubAddress;
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
}

/**
 * Reads the dashboard's settings.
 *
 * @throws Error naming each variable that is missing or malformed, never its value
 */
export function readEnv(environment: Record<string, string | undefined>): DashboardEnv {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new Error(`The dashboard cannot start: ${faults.join('; ')}.`);
  }
  const { data } = parsed;
  const consumerGroup = data.CONSUMER_GROUP;
  return {
    hotPath: {
      connectionString: data.HOT_PATH_CONNECTION_STRING,
      hub: data.HOT_PATH_HUB,
      consumerGroup,
    },
    alerts: {
      connectionString: data.ALERTS_CONNECTION_STRING,
      hub: data.ALERTS_HUB,
      consumerGroup,
    },
    host: data.HOST,
    port: data.PORT,
    logLevel: data.LOG_LEVEL,
  };
}
