/** Command: `npm run sql`. */
import { join } from 'node:path';
import { runSqlCommand } from './run.ts';

try {
  // npm runs scripts in the project's folder.
  const folder = join(process.cwd(), 'cloud/sql');
  const lines = await runSqlCommand(process.argv.slice(2), process.env['SQL_PASSWORD'], folder);
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
