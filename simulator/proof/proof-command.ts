/** A proof in the terminal: options, progress, a table or JSON, and an exit code. */
import type { ProofContext } from './proof-system.ts';
import type { Verdict } from './result.ts';

export interface ProofCommand<Options, Result> {
  readonly help: string;
  /** @throws Error naming the option and what it takes */
  readonly parse: (args: readonly string[], workingFolder: string) => Options;
  readonly run: (options: Options, context: ProofContext) => Promise<Result>;
  readonly report: (result: Result) => string;
}

/** Runs the command; resolves with its exit code and never rejects. */
export async function runProofCommand<
  Options extends { readonly help: boolean; readonly json: boolean },
  Result extends Verdict,
>(command: ProofCommand<Options, Result>, projectFolder: string): Promise<number> {
  try {
    const options = command.parse(process.argv.slice(2), process.cwd());
    if (options.help) {
      process.stdout.write(command.help);
      return 0;
    }
    const startedAt = performance.now();
    const say = (text: string) => {
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6);
      if (!options.json) process.stdout.write(`${seconds} s  ${text}\n`);
    };
    const result = await command.run(options, { projectFolder, say });
    const text = options.json ? JSON.stringify(result, null, 2) : command.report(result);
    process.stdout.write(`${text}\n`);
    return result.verdict === 'passed' ? 0 : 1;
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
