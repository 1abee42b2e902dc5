/** `npm run gateway -- child`: makes a meter a child of the gateway, so that it may connect to it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { FORMS, matching, type Words } from './checked-words.ts';

const run = promisify(execFile);

/** The commands that do it in Azure, each as its words. */
export function childCommands(words: Words): string[][] {
  const meter = matching(words, 'meter', FORMS.deviceId);
  const gateway = matching(words, 'gateway', FORMS.deviceId);
  const hub = matching(words, 'hub', FORMS.hostName).split('.')[0] ?? '';
  const identity = ['az', 'iot', 'hub', 'device-identity'];
  const at = ['--hub-name', hub];
  return [
    [...identity, 'parent', 'set', '--device-id', meter, '--parent-device-id', gateway, ...at],
    [...identity, 'parent', 'show', '--device-id', meter, ...at],
  ];
}

/** Prints the commands, or runs them when asked to. @throws Error when az is missing or fails */
export async function adoptChild(words: Words): Promise<string> {
  const commands = childCommands(words);
  const note =
    'The meter dials the gateway with ;GatewayHostName=<hostname of its config.toml> in its ' +
    'connection string, and trusts the root of npm run gateway -- certificates.';
  if (words['run'] === undefined) return [...commands.map(shown), '', note].join('\n');
  const answers = [];
  for (const [program = '', ...rest] of commands) answers.push(await answerOf(program, rest));
  return [...answers.filter((answer) => answer !== ''), note].join('\n');
}

async function answerOf(program: string, words: readonly string[]): Promise<string> {
  try {
    return (await run(program, [...words])).stdout.trim();
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') {
      const where = 'https://learn.microsoft.com/cli/azure/install-azure-cli';
      throw new Error(
        `The az command line is missing: see ${where}. Without --run it is printed.`,
        {
          cause: error,
        },
      );
    }
    throw new Error(`az refuses: ${stderr?.trim() ?? String(error)}`, { cause: error });
  }
}

/** As one types it in a shell. */
function shown(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
