/**
 * Compiles the SQLite binding for a Node and a processor, from the sources that npm installed:
 *
 *   node scripts/sqlite-binding.mjs --nodedir FOLDER --out FILE [--arch amd64|arm64]
 *
 * FOLDER holds that Node's include/. For another processor than this machine's, Debian's cross compiler is used.
 * Nothing is downloaded: a ready-made binding would not be covered by package-lock.json.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/** Docker's names of processors, Node's, and Debian's prefixes of the tools that compile for them. */
const PROCESSORS = {
  amd64: { node: 'x64', tools: 'x86_64-linux-gnu' },
  arm64: { node: 'arm64', tools: 'aarch64-linux-gnu' },
};

/** The processor of this machine, as Docker names it. */
export function ownProcessor() {
  const [name] = Object.entries(PROCESSORS).find(([, { node }]) => node === process.arch) ?? [];
  return name;
}

/** Compiles the binding into `out`; what went wrong, if something did. */
export function compileBinding({ nodedir, out, processor = ownProcessor() }) {
  const known = PROCESSORS[processor];
  if (known === undefined)
    return `${processor} is not one of ${Object.keys(PROCESSORS).join(', ')}`;
  const folder = mkdtempSync(join(tmpdir(), 'sqlite-binding-'));
  try {
    const sources = join(folder, 'better-sqlite3');
    copySources(sources);
    const { status, stderr, error } = spawnSync(
      process.execPath,
      [nodeGyp(), 'rebuild', '--release', `--nodedir=${resolve(nodedir)}`, `--arch=${known.node}`],
      {
        cwd: sources,
        encoding: 'utf8',
        env: { ...withoutNpm(process.env), ...toolsFor(processor) },
      },
    );
    if (status !== 0) return error?.message ?? faultIn(stderr);
    mkdirSync(dirname(out), { recursive: true });
    copyFileSync(join(sources, 'build/Release/better_sqlite3.node'), out);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Under `npm run` a `nodedir` or `arch` of the user's own .npmrc would count for more than the words above. */
function withoutNpm(environment) {
  const entries = Object.entries(environment);
  return Object.fromEntries(entries.filter(([name]) => !/^npm_config_/i.test(name)));
}

/** node-gyp says much after what matters. */
function faultIn(stderr) {
  const lines = stderr.trim().split('\n');
  return lines.findLast((line) => /error|not found/i.test(line)) ?? lines.at(-1);
}

function copySources(target) {
  const original = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'));
  const built = join(original, 'build');
  cpSync(original, target, { recursive: true, filter: (path) => !path.startsWith(built) });
}

/** node-gyp comes with npm. */
function nodeGyp() {
  return join(dirname(npmScript()), '../node_modules/node-gyp/bin/node-gyp.js');
}

/** npm as it runs this script, or as it is installed beside Node. */
export function npmScript() {
  const beside = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  return process.env.npm_execpath ?? beside;
}

function toolsFor(processor) {
  if (processor === ownProcessor()) return {};
  const { tools } = PROCESSORS[processor];
  return { CC: `${tools}-gcc`, CXX: `${tools}-g++`, AR: `${tools}-ar`, LINK: `${tools}-g++` };
}

function main() {
  const { values } = parseArgs({
    options: {
      nodedir: { type: 'string' },
      out: { type: 'string' },
      arch: { type: 'string', default: ownProcessor() },
    },
  });
  const { nodedir, out, arch } = values;
  if (out === undefined || !existsSync(join(nodedir ?? '', 'include/node/node.h'))) {
    console.error('Needs --out FILE and --nodedir FOLDER with include/node/node.h in it.');
    process.exit(2);
  }
  const problem = compileBinding({ nodedir, out, processor: arch });
  if (problem === undefined) return;
  console.error(`SQLite cannot be compiled for ${arch}: ${problem}`);
  process.exit(1);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
