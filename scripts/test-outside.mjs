/**
 * Runs the checks that need tools from outside npm: `node scripts/test-outside.mjs <name>`.
 *
 * `tests/outside/<name>/` holds the tests and a pinned requirements.txt. Its packages go into a virtual environment
 * under .python/<name>, made once; the tests find it in PYTHON_ENVIRONMENT. A prepare.py beside them fetches what else is
 * needed. Where Python, PyPI or that cannot be reached, this says so and succeeds: everything else has been tested without.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfNeeded } from './build.mjs';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const [name, ...mochaArguments] = process.argv.slice(2);
const folder = join(PROJECT, 'tests/outside', name ?? '');
if (name === undefined || !existsSync(join(folder, 'requirements.txt'))) {
  console.error(`There is no tests/outside/${name ?? ''}/requirements.txt.`);
  process.exit(2);
}

const environment = join(PROJECT, '.python', name);
const problem = prepare(environment, folder);
if (problem !== undefined) {
  console.error(`${name}: not checked, because ${problem}`);
  process.exit(0);
}
buildIfNeeded();
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const { status } = spawnSync(
  process.execPath,
  [mocha, ...mochaArguments, `tests/outside/${name}/**/*.test.ts`],
  { cwd: PROJECT, stdio: 'inherit', env: { ...process.env, PYTHON_ENVIRONMENT: environment } },
);
process.exit(status ?? 1);

/** Makes the virtual environment unless it is there already; what went wrong, if something did. */
function prepare(target, from) {
  const requirements = join(from, 'requirements.txt');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const mark = join(target, 'installed');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return undefined;
  rmSync(target, { recursive: true, force: true });
  console.error(`${name}: installing its Python packages …`);
  const made = run('python3', ['-m', 'venv', target]);
  if (made !== undefined) return `a virtual environment cannot be made: ${made}`;
  const python = join(target, 'bin/python');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const installed = run(python, [...pip, '-r', requirements]);
  if (installed !== undefined) return `its packages cannot be installed: ${installed}`;
  const more = join(from, 'prepare.py');
  const prepared = existsSync(more) ? run(python, [more], target) : undefined;
  if (prepared !== undefined) return prepared;
  writeFileSync(mark, wanted);
  return undefined;
}

/** The last line that a failed command said; undefined when it succeeded. */
function run(command, args, target) {
  const env = { ...process.env, ...(target === undefined ? {} : { PYTHON_ENVIRONMENT: target }) };
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim().split('\n').at(-1);
}
