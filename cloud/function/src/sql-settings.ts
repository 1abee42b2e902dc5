/** The app settings of the database that incidents are also kept in. */
import { z } from 'zod';

// App settings that Bicep leaves empty are not given.
const Text = z
  .string()
  .transform((text) => (text === '' ? undefined : text))
  .optional();

/** One schema for each setting. */
export const SqlSettings = z.object({
  /** Host name of the SQL server; without it incidents are kept in Table Storage alone. */
  SQL_SERVER: Text,
  SQL_DATABASE: z.string().default('smart-meters'),
  SQL_PORT: z.coerce.number().int().min(1).max(65_535).default(1_433),
  /** A SQL login; without it the managed identity signs in. */
  SQL_USER: Text,
  SQL_PASSWORD: Text,
  /** Certificates of the authority that the server's is from, PEM, when it is not a public one. */
  SQL_CA_FILE: Text,
});

/** Where the database is, and who signs in; without a login the managed identity does. */
export interface SqlAddress {
  readonly server: string;
  readonly port: number;
  readonly database: string;
  readonly caFile: string | null;
  readonly login: { readonly user: string; readonly password: string } | null;
}

/** The address that the settings give; null when there is none. */
export function sqlAddressOf(given: z.infer<typeof SqlSettings>): SqlAddress | null {
  const { SQL_SERVER: server, SQL_USER: user, SQL_PASSWORD: password } = given;
  if (server === undefined) return null;
  return {
    server,
    port: given.SQL_PORT,
    database: given.SQL_DATABASE,
    caFile: given.SQL_CA_FILE ?? null,
    login: user === undefined ? null : { user, password: password ?? '' },
  };
}
