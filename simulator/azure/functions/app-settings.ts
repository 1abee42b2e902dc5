/** The app settings that the local host gives the Function app, and how bindings refer to them. */
import {
  eventHubsConnectionString,
  storageConnectionString,
} from '../../wire/connection-strings.ts';
import type { Settings } from '../../wire/settings.ts';

export type AppSettings = Readonly<Record<string, string>>;

/** The settings of cloud/function/README.md with this machine's values. Secret. */
export function localAppSettings(settings: Settings): AppSettings {
  const { ports } = settings;
  return {
    AzureWebJobsStorage: storageConnectionString(settings),
    ALERTS_CONNECTION: eventHubsConnectionString(settings),
    ALERTS_HUB: 'alerts',
    ALERTS_CONSUMER_GROUP: 'function',
    SEND_MAILS_SCHEDULE: '* * * * * *',
    INCIDENTS_STORAGE: storageConnectionString(settings),
    GROUP_WAIT_SECONDS: String(settings.groupWaitSeconds),
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(ports.smtp),
    SMTP_TLS: 'none',
    SMTP_TIMEOUT_SECONDS: '3',
    MAIL_FROM: 'Smart meters <meters@example.com>',
    MAIL_TO: 'operator@example.com',
    DASHBOARD_URL: `http://127.0.0.1:${ports.dashboard}/`,
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
