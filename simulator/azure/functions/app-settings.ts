/** The app settings that the local host gives the Function app, and how bindings refer to them. */
import {
  eventHubsConnectionString,
  storageConnectionString,
} from '../../wire/connection-strings.ts';
import { certificateFile } from '../../wire/certificates.ts';
import type { Settings } from '../../wire/settings.ts';
import { sqlClientConfig } from '../../wire/sql-connection.ts';
import { acknowledgeKey } from './function-key.ts';

/** What the app waits by default. */
const AZURE_GROUP_WAIT_SECONDS = 30;
const SHORTEST_GROUP_WAIT_SECONDS = 0.1;

export type AppSettings = Readonly<Record<string, string>>;

/** The settings of cloud/function/README.md with this machine's values. Secret. */
export function localAppSettings(settings: Settings): AppSettings {
  const { ports } = settings;
  const sql = sqlClientConfig(settings, 'function', '');
  return {
    AzureWebJobsStorage: storageConnectionString(settings),
    ALERTS_CONNECTION: eventHubsConnectionString(settings),
    ALERTS_HUB: 'alerts',
    ALERTS_CONSUMER_GROUP: 'function',
    SEND_MAILS_SCHEDULE: '* * * * * *',
    INCIDENTS_STORAGE: storageConnectionString(settings),
    HOT_PATH_HUB: 'hot-path',
    HOT_PATH_CONSUMER_GROUP: 'function',
    ...localPace(settings.groupWaitSeconds),
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(ports.smtp),
    SMTP_TLS: 'none',
    MAIL_TIMEOUT_SECONDS: '5',
    MAIL_FROM: 'Smart meters <meters@example.com>',
    MAIL_TO: 'operator@example.com',
    ACKNOWLEDGE_KEY: acknowledgeKey(settings),
    FUNCTION_URL: `http://127.0.0.1:${ports.functions}`,
    SQL_SERVER: sql.server,
    SQL_PORT: String(sql.port),
    SQL_DATABASE: sql.database,
    SQL_USER: sql.user,
    SQL_PASSWORD: sql.password,
    SQL_CA_FILE: certificateFile(settings),
    DASHBOARD_URL: `http://127.0.0.1:${ports.dashboard}/`,
  };
}

/** Mails follow one another as in Azure, but as much faster as the first one waits less than 30 s. */
function localPace(groupWaitSeconds: number): AppSettings {
  // A test that waits for nothing has no use for mails without a pause between them.
  const pace = Math.max(groupWaitSeconds, SHORTEST_GROUP_WAIT_SECONDS) / AZURE_GROUP_WAIT_SECONDS;
  return {
    GROUP_WAIT_SECONDS: String(groupWaitSeconds),
    UPDATE_MINUTES: String(5 * pace),
    CLEAR_AFTER_MINUTES: String(10 * pace),
    REMINDER_HOURS: String(4 * pace),
  };
}

/**
 * A binding's option with `%NAME%` replaced by app settings, as the Functions runtime does it.
 *
 * @throws Error naming the function's option and the setting that is missing
 */
export function resolveOption(appSettings: AppSettings, option: string, value: unknown): string {
  if (typeof value !== 'string') throw new Error(`the option ${option} of a trigger is missing`);
  return value.replace(/%([^%]+)%/g, (_, name: string) => requireSetting(appSettings, name));
}

/**
 * The app setting that a binding names, such as its `connection`.
 *
 * @throws Error naming the setting when it is missing
 */
export function requireSetting(appSettings: AppSettings, name: string): string {
  const value = appSettings[name];
  if (value === undefined) throw new Error(`the app setting ${name} is missing`);
  return value;
}
