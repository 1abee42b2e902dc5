/** The Function's app settings: the only place that reads the environment. */
import { z } from 'zod';
import type { Pace } from './core/pace.ts';
import { siteDirectory, type SiteDirectory } from './core/sites.ts';
import { mailSettingsOf, MailSettingsSchema, type MailSettings } from './mail-settings.ts';
import { PaceSettings, paceOf } from './pace-settings.ts';
import { RecipientsSetting, siteEntries, SitesSetting } from './site-settings.ts';
import { sqlAddressOf, SqlSettings, type SqlAddress } from './sql-settings.ts';

const Settings = z.object({
  /** Connection string of the storage account that keeps incidents. */
  INCIDENTS_STORAGE: z.string().min(1),
  ...PaceSettings.shape,
  /** Names, recipients and direct meters of sites: JSON. */
  SITES: SitesSetting,
  /** After so many failed attempts a mail is a dead letter. */
  MAIL_ATTEMPTS: z.coerce.number().int().min(1).max(1_000).default(20),
  ...MailSettingsSchema.shape,
  ...SqlSettings.shape,
  /** Who gets the mails of sites that `SITES` names no recipients for; separated by commas. */
  MAIL_TO: RecipientsSetting,
});

/** The settings that say which mails are made out, and for whom. */
const DryRunSettings = z.object({
  ...PaceSettings.shape,
  SITES: SitesSetting,
  MAIL_TO: RecipientsSetting.default(['operator@example.com']),
});

/** What the app is told by its settings. */
export interface AppSettings {
  readonly storageConnectionString: string;
  readonly pace: Pace;
  readonly sites: SiteDirectory;
  readonly mailAttempts: number;
  readonly mail: MailSettings;
  /** Null when incidents are kept in Table Storage alone. */
  readonly sql: SqlAddress | null;
}

/**
 * Reads the app settings from the environment.
 *
 * @throws Error that names the settings that are missing or wrong, never their values
 */
export function readAppSettings(): AppSettings {
  return parseAppSettings(process.env);
}

/** As `readAppSettings`, from `environment`. */
export function parseAppSettings(environment: Readonly<Record<string, unknown>>): AppSettings {
  const parsed = Settings.safeParse(environment);
  if (!parsed.success) throw wrong(parsed.error.issues.map(problemOf));
  const given = parsed.data;
  const mail = mailSettingsOf(given);
  if ('missing' in mail) throw wrong(mail.missing.map((name) => `${name}: missing`));
  return {
    storageConnectionString: given.INCIDENTS_STORAGE,
    pace: paceOf(given),
    sites: sitesOf(given),
    mailAttempts: given.MAIL_ATTEMPTS,
    mail: mail.settings,
    sql: sqlAddressOf(given),
  };
}

/**
 * The settings of a dry run, from `environment`: all of them may be left out.
 *
 * @throws Error that names the settings that are wrong, never their values
 */
export function parseDryRunSettings(
  environment: Readonly<Record<string, unknown>>,
): Pick<AppSettings, 'pace' | 'sites'> {
  const parsed = DryRunSettings.safeParse(environment);
  if (!parsed.success) throw wrong(parsed.error.issues.map(problemOf));
  return { pace: paceOf(parsed.data), sites: sitesOf(parsed.data) };
}

function sitesOf({ SITES, MAIL_TO }: z.infer<typeof DryRunSettings>): SiteDirectory {
  return siteDirectory(siteEntries(SITES, MAIL_TO), MAIL_TO);
}

function problemOf({ path, message }: z.core.$ZodIssue): string {
  return `${path.join('.')}: ${message}`;
}

function wrong(problems: readonly string[]): Error {
  return new Error(`Check the app settings (cloud/function/README.md). ${problems.join('; ')}`);
}
