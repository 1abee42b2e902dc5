/** The app settings that say what takes mails and where their links lead. */
import { z } from 'zod';

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

/** What Azure leaves in a setting whose reference to Key Vault it could not follow: everybody knows it. */
const UNRESOLVED = '@Microsoft.KeyVault(';
/** TLS, or this machine. */
const Address = z
  .url({ protocol: /^https?$/ })
  .refine(
    (address) => /^https:|^http:\/\/(127\.0\.0\.1|localhost)([:/]|$)/.test(address),
    'expected https',
  );
/** Azure leaves settings that are not wanted empty. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** One schema for each setting. */
export const MailSettingsSchema = z.object({
  MAIL_TRANSPORT: z.enum(['smtp', 'communication-services', 'logic-app']).default('smtp'),
  MAIL_FROM: z.string().min(3),
  /** Seconds after which a mail that was not taken is tried again. */
  MAIL_TIMEOUT_SECONDS: z.coerce.number().min(1).max(120).default(30),
  SMTP_HOST: optional(z.string()),
  SMTP_PORT: z.coerce.number().int().min(1).max(65_535).default(587),
  /** `starttls` (required, not merely tried), `implicit`, or `none` for a server on this machine. */
  SMTP_TLS: z.enum(['starttls', 'implicit', 'none']).default('starttls'),
  SMTP_USER: optional(z.string()),
  SMTP_PASSWORD: optional(z.string()),
  /** Address of Communication Services, for the managed identity. */
  COMMUNICATION_ENDPOINT: optional(Address),
  /** Instead of the address, with a key: on a laptop only. */
  COMMUNICATION_CONNECTION_STRING: optional(z.string()),
  /** Address of the Logic App's trigger; its signature is a secret. */
  LOGIC_APP_URL: optional(Address),
  /** Key of the links that acknowledge an incident. */
  ACKNOWLEDGE_KEY: z
    .string()
    .min(32, 'expected 32 characters at least')
    .refine((key) => !key.startsWith(UNRESOLVED), 'Azure could not read it from Key Vault'),
  ACKNOWLEDGE_DAYS: z.coerce.number().positive().max(366).default(7),
  /** Where this app answers; in Azure it follows from its host name. */
  FUNCTION_URL: optional(Address),
  WEBSITE_HOSTNAME: optional(z.string()),
  /** Queue of mails that nobody took. */
  DEAD_LETTER_QUEUE: z
    .string()
    .regex(/^[a-z0-9](-?[a-z0-9]){2,62}$/, 'expected the name of a queue')
    .default('dead-mails'),
  /** Linked to from each mail when given. */
  DASHBOARD_URL: optional(z.url({ protocol: /^https?$/ })),
});

/** The settings as they are given, before what belongs together is checked. */
type Given = z.infer<typeof MailSettingsSchema>;

export interface SmtpSettings {
  readonly kind: 'smtp';
  readonly host: string;
  readonly port: number;
  readonly tls: 'starttls' | 'implicit' | 'none';
  readonly login: { readonly user: string; readonly pass: string } | null;
}

export interface CommunicationSettings {
  readonly kind: 'communication-services';
  /** Address, or a connection string; the latter is secret. */
  readonly connection: string;
}

export interface LogicAppSettings {
  readonly kind: 'logic-app';
  /** Secret. */
  readonly url: string;
}

/** What a mail goes through. */
export type TransportSettings = SmtpSettings | CommunicationSettings | LogicAppSettings;

/** Of links that acknowledge an incident. */
export interface LinkSettings {
  /** Address of the page. */
  readonly url: string;
  /** Secret. */
  readonly key: string;
  readonly validMs: number;
}

export interface MailSettings {
  readonly transport: TransportSettings;
  /** `Name <address>`, or an address. */
  readonly from: string;
  readonly timeoutMs: number;
  readonly links: LinkSettings;
  readonly deadLetterQueue: string;
  readonly dashboardUrl: string | null;
}

/** What the settings ask for, or which of them is missing for it. */
export type MailSettingsResult =
  { readonly settings: MailSettings } | { readonly missing: readonly string[] };

/** Puts together what belongs together. */
export function mailSettingsOf(given: Given): MailSettingsResult {
  const transport = transportOf(given);
  const { FUNCTION_URL, WEBSITE_HOSTNAME } = given;
  const base =
    FUNCTION_URL ?? (WEBSITE_HOSTNAME === undefined ? undefined : `https://${WEBSITE_HOSTNAME}`);
  if (typeof transport === 'string' || base === undefined) {
    const missing = typeof transport === 'string' ? [transport] : [];
    return { missing: base === undefined ? [...missing, 'FUNCTION_URL'] : missing };
  }
  return {
    settings: {
      transport,
      from: given.MAIL_FROM,
      timeoutMs: given.MAIL_TIMEOUT_SECONDS * SECOND_MS,
      links: {
        url: `${base.replace(/\/+$/, '')}/api/acknowledge`,
        key: given.ACKNOWLEDGE_KEY,
        validMs: given.ACKNOWLEDGE_DAYS * DAY_MS,
      },
      deadLetterQueue: given.DEAD_LETTER_QUEUE,
      dashboardUrl: given.DASHBOARD_URL ?? null,
    },
  };
}

/** The transport, or the name of the setting that it misses. */
function transportOf(given: Given): TransportSettings | string {
  switch (given.MAIL_TRANSPORT) {
    case 'smtp':
      return smtpOf(given);
    case 'communication-services': {
      const connection = given.COMMUNICATION_ENDPOINT ?? given.COMMUNICATION_CONNECTION_STRING;
      if (connection === undefined) return 'COMMUNICATION_ENDPOINT';
      return { kind: 'communication-services', connection };
    }
    case 'logic-app': {
      const { LOGIC_APP_URL: url } = given;
      return url === undefined ? 'LOGIC_APP_URL' : { kind: 'logic-app', url };
    }
  }
}

function smtpOf(given: Given): SmtpSettings | string {
  const { SMTP_HOST: host, SMTP_PORT: port, SMTP_TLS: tls, SMTP_USER: user } = given;
  if (host === undefined) return 'SMTP_HOST';
  const login = user === undefined ? null : { user, pass: given.SMTP_PASSWORD ?? '' };
  return { kind: 'smtp', host, port, tls, login };
}
