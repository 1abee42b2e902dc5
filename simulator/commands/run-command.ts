import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings, type Settings } from '../wire/settings.ts';

/**
 * Runs one command against the running local system and prints its answer.
 *
 * @param act returns the answer, or undefined when the words are not understood
 */
export async function runCommand(
  usage: string,
  act: (settings: Settings, words: readonly string[]) => Promise<string | undefined>,
): Promise<void> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { state: { type: 'string', default: '.local' } },
    });
    const path = resolve(values.state, 'settings.json');
    if (!existsSync(path)) throw new Error(`${path} is missing: start the system with npm start.`);
    const answer = await act(readSettings(path), positionals);
    if (answer === undefined) throw new Error(`Usage: ${usage}`);
    process.stdout.write(`${answer}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
