/** The Function's app settings: the only place that reads the environment. */
import { z } from 'zod';

const Settings = z.object({
  /** Connection string of the storage account that keeps incidents. */
  INCIDENTS_STORAGE: z.string().min(1),
  /** Seconds between an incident's first anomaly and its mail. */
  GROUP_WAIT_SECONDS: z.coerce.number().min(0).max(3_600).default(30),
  SMTP_HOST: z.string().min(1),
  SMTP_PORT: z.coerce.number().int().min(1).max(65_535).default(587),
  /** `starttls` (required, not merely tried), `implicit`, or `none` for a server on this machine. */
  SMTP_TLS: z.enum(['starttls', 'implicit', 'none']).default('starttls'),
  SMTP_USER: z.string().optional(),
  SMTP_PASSWORD: z.string().optional(),
  /** Seconds after which a mail that the server has not taken is tried again. */
  SMTP_TIMEOUT_SECONDS: z.coerce.number().min(1).max(120).default(30),
  MAIL_FROM: z.string().min(3),
  /** One address, or several separated by commas. */
  MAIL_TO: z.string().min(3),
  /** Linked to from each mail when given. */
  DASHBOARD_URL: z.url({ protocol: /^https?$/ }).optional(),
});

/** What the app is told by its settings. */
export interface AppSettings {
  readonly storageConnectionString: string;
  readonly groupWaitMs: number;
  readonly smtp: SmtpSettings;
  readonly dashboardUrl: string | null;
}

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: 'starttls' | 'implicit' | 'none';
  readonly login: { readonly user: string; readonly pass: string } | null;
  readonly timeoutMs: number;
  readonly from: string;
  readonly to: string;
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
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new Error(`Check the app settings (cloud/function/README.md). ${wrong.join('; ')}`);
  }
  const given = parsed.data;
  return {
    storageConnectionString: given.INCIDENTS_STORAGE,
    groupWaitMs: given.GROUP_WAIT_SECONDS * 1_000,
    smtp: {
      host: given.SMTP_HOST,
      port: given.SMTP_PORT,
      tls: given.SMTP_TLS,
      login: given.SMTP_USER ? { user: given.SMTP_USER, pass: given.SMTP_PASSWORD ?? '' } : null,
      timeoutMs: given.SMTP_TIMEOUT_SECONDS * 1_000,
      from: given.MAIL_FROM,
      to: given.MAIL_TO,
    },
    dashboardUrl: given.DASHBOARD_URL ?? null,
  };
}
