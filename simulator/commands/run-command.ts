import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { readSettings, type Settings } from '../wire/settings.ts';

/** Options with a text each. */
export type CommandOptions = Readonly<Record<string, { readonly type: 'string' }>>;
/** Options that were given, without `--state`. */
export type CommandWords = Readonly<Record<string, string | undefined>>;

/**
 * Runs one command against the running local system and prints its answer.
 *
 * @param act returns the answer, or undefined when the words are not understood
 * @param options what the command takes besides `--state` and `--help`
 */
export async function runCommand(
  usage: string,
  act: (
    settings: Settings,
    words: readonly string[],
    values: CommandWords,
  ) => Promise<string | undefined>,
  options: CommandOptions = {},
): Promise<void> {
  try {
    const { help, state, values, words } = parse(options);
    if (help) {
      process.stdout.write(`${usage}\n`);
      return;
    }
    const path = resolve(state, 'settings.json');
    if (!existsSync(path)) throw new Error(`${path} is missing: start the system with npm start.`);
    const answer = await act(readSettings(path), words, values);
    if (answer === undefined) throw new Error(`Usage: ${usage}`);
    process.stdout.write(`${answer}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

function parse(options: CommandOptions) {
  const own: ParseArgsConfig['options'] = {
    state: { type: 'string', default: '.local' },
    help: { type: 'boolean', default: false },
  };
  const parsed = parseArgs({ allowPositionals: true, options: { ...options, ...own } });
  const { state, help, ...rest } = parsed.values;
  const values = Object.fromEntries(
    Object.entries(rest).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
  return { help: help === true, state: String(state), values, words: parsed.positionals };
}
