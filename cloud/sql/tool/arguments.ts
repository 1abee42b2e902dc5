/** Words of the command `npm run sql`. */
import { parseArgs } from 'node:util';

/** Which database, and as whom. */
export type Address =
  | {
      readonly kind: 'server';
      readonly server: string;
      readonly port: number;
      readonly database: string;
      /** A SQL login; without one Microsoft Entra ID signs in. */
      readonly login: { readonly user: string; readonly password: string } | undefined;
    }
  /** The running local system. */
  | { readonly kind: 'local'; readonly stateFolder: string };

/** A managed identity and the role that it gets. */
export interface Member {
  readonly user: string;
  readonly role: string;
}

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'migrate'; readonly address: Address }
  | { readonly kind: 'users'; readonly address: Address; readonly members: readonly Member[] }
  | { readonly kind: 'query'; readonly address: Address; readonly text: string };

/** Words that are not understood; the message says which and what is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

/** What `--help` prints. */
export const USAGE = `npm run sql -- migrate [where]
    applies what the database lacks of cloud/sql/migrations
npm run sql -- users [where] --user IDENTITY=ROLE
    makes a managed identity a user of the database; --user can be given again;
    roles: telemetry_writer (a job), telemetry_reader (the dashboard), incident_writer (the Function)
npm run sql -- query [where] "SELECT TOP (5) * FROM dbo.averages_latest"
    prints the rows, a JSON object a line

where:
    --server NAME.database.windows.net --database NAME [--port 1433] [--login NAME]
        with --login the password comes from the environment variable SQL_PASSWORD;
        without it the signed-in account does: az login, or a managed identity
    --state FOLDER
        the running local system; the default, with the folder .local`;

const ROLES = ['telemetry_writer', 'telemetry_reader', 'incident_writer'];

/**
 * Reads the words of a command.
 *
 * @param password of SQL_PASSWORD
 * @throws UsageError
 */
export function readArguments(words: readonly string[], password: string | undefined): Command {
  const { values, positionals } = parse(words);
  const [command, ...rest] = positionals;
  if (values.help === true || command === undefined) return { kind: 'help' };
  const address = addressOf(values, password);
  switch (command) {
    case 'migrate':
      return { kind: 'migrate', address };
    case 'users': {
      const members = (values.user ?? []).map(memberOf);
      if (members.length === 0) throw new UsageError('Say who: --user IDENTITY=ROLE.');
      return { kind: 'users', address, members };
    }
    case 'query': {
      const [text] = rest;
      if (text === undefined) throw new UsageError('Say what: npm run sql -- query "SELECT …"');
      return { kind: 'query', address, text };
    }
    default:
      throw new UsageError(`There is no ${command}; there are migrate, users and query.`);
  }
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        server: { type: 'string' },
        port: { type: 'string', default: '1433' },
        database: { type: 'string' },
        login: { type: 'string' },
        user: { type: 'string', multiple: true },
        state: { type: 'string', default: '.local' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function addressOf(
  values: ReturnType<typeof parse>['values'],
  password: string | undefined,
): Address {
  const { server, database, login, state } = values;
  if (server === undefined) {
    if (database !== undefined || login !== undefined) {
      throw new UsageError('--database and --login go with --server NAME.database.windows.net.');
    }
    return { kind: 'local', stateFolder: state };
  }
  if (database === undefined) throw new UsageError('Say which database: --database NAME.');
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UsageError(`--port ${values.port} is no port: take a number from 1 to 65535.`);
  }
  if (login === undefined) return { kind: 'server', server, port, database, login };
  if (password === undefined || password === '') {
    throw new UsageError(
      `Put the password of ${login} into the environment variable SQL_PASSWORD.`,
    );
  }
  return { kind: 'server', server, port, database, login: { user: login, password } };
}

/** Names go into a script, between brackets and quotation marks. */
function memberOf(words: string): Member {
  const [user = '', role = ''] = words.split('=');
  if (!/^[\w .@-]{1,128}$/.test(user)) {
    throw new UsageError(`--user ${words}: the name is of letters, digits, . _ @ and -.`);
  }
  if (!ROLES.includes(role)) {
    throw new UsageError(`--user ${words}: the role is one of ${ROLES.join(', ')}.`);
  }
  return { user, role };
}
