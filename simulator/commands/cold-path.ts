/** `npm run cold-path`: tables from the archive's CSV files. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COLD_PATH_HELP, parseColdPathOptions } from './cold-path/options.ts';
import { runColdPath } from './cold-path/run-cold-path.ts';
import { coldPathSummary } from './cold-path/summary.ts';

/** The compiled file lies in dist/simulator/commands/. */
const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));

try {
  const options = parseColdPathOptions(process.argv.slice(2), process.env);
  process.stdout.write(options === undefined ? COLD_PATH_HELP : await summaryOf(options));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function summaryOf(
  options: NonNullable<ReturnType<typeof parseColdPathOptions>>,
): Promise<string> {
  const result = await runColdPath({
    ...options,
    sqlFolder: join(projectFolder, 'cloud', 'databricks'),
    say: (text) => process.stderr.write(`${text}\n`),
  });
  return `${coldPathSummary(result)}\n`;
}
