/** The command line of the tool. */
import { parseArgs } from 'node:util';
import { ToolError } from './tool-error.ts';

export const HELP = `Looks after store-and-forward's database.

  inspect              what waits, what was lost, files and settings; a running module is not disturbed
  check                whether everything in it can be read and agrees; exit code 1 when not
  repair               saves what is readable into a new file; only while the module is stopped
  export               what waits, as CSV

  --database FILE      the database (store-and-forward.db in the module's state folder)
  --json               machine-readable, for inspect, check and repair
  --help               this text

For export:
  --kinds KIND,…       telemetry, average, anomaly, ledger (telemetry)
  --from INSTANT       not before, ISO 8601, such as 2026-06-01 or 2026-06-01T12:00:00Z
  --to INSTANT         before
  --out PLACE          a file, or with several kinds a folder (standard output)
`;

const COMMANDS = ['inspect', 'check', 'repair', 'export'] as const;
export type Command = (typeof COMMANDS)[number];

const KINDS = ['telemetry', 'average', 'anomaly', 'ledger'] as const;
/** What can be exported. */
export type ExportKind = (typeof KINDS)[number];

/** What the command line asks for. */
export interface ToolOptions {
  readonly command: Command;
  /** Undefined: the one in the state folder. */
  readonly database: string | undefined;
  readonly json: boolean;
  readonly kinds: readonly ExportKind[];
  /** Epoch milliseconds, from the first, before the second. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly out: string | undefined;
}

/**
 * Reads the command line; undefined when it asks for help.
 *
 * @throws ToolError `USAGE` naming the word and what it takes
 */
export function parseToolOptions(args: readonly string[]): ToolOptions | undefined {
  const { values, positionals } = parsed(args);
  if (values.help || (positionals.length === 0 && args.length === 0)) return undefined;
  const [word, extra] = positionals;
  const command = COMMANDS.find((name) => name === word);
  if (command === undefined) throw usage(`${word ?? 'nothing'} is no command`);
  if (extra !== undefined) throw usage(`${extra} is one word too many`);
  const options = {
    command,
    database: values.database,
    json: values.json,
    kinds: kindsOf(values.kinds),
    fromMs: instantOf('--from', values.from, Number.NEGATIVE_INFINITY),
    toMs: instantOf('--to', values.to, Number.POSITIVE_INFINITY),
    out: values.out,
  };
  if (options.kinds.length > 1 && options.out === undefined) {
    throw usage('several --kinds need a folder: --out FOLDER');
  }
  return options;
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        database: { type: 'string' },
        json: { type: 'boolean', default: false },
        kinds: { type: 'string', default: 'telemetry' },
        from: { type: 'string' },
        to: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

function kindsOf(text: string): ExportKind[] {
  const kinds = text.split(',').map((word) => {
    const kind = KINDS.find((name) => name === word.trim());
    if (kind === undefined) throw usage(`--kinds ${word}: there are ${KINDS.join(', ')}`);
    return kind;
  });
  return [...new Set(kinds)];
}

/** A day, or an instant with its zone: a time without one would mean another on each machine. */
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

function instantOf(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const atMs = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) throw usage(`${name} ${text}: say 2026-06-01 or 2026-06-01T12:00:00Z`);
  return atMs;
}

function usage(problem: string): ToolError {
  return new ToolError('USAGE', `${problem}. --help lists what there is.`);
}
