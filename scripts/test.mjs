/**
 * Builds the processes that the tests start, then runs mocha: with arguments once, as they say; without
 * any, on all tests but those in tests/outside (`scripts/test-outside.mjs`).
 *
 * All tests are run by several processes at a time, because most tests wait for another process or for a
 * socket. Each takes the tests of a folder and ends by itself; what failed in it is shown then, and its
 * titles again at the end.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfNeeded } from './build.mjs';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const MOCHA = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const OUTSIDE = 'tests/outside/';
/** A test belongs to the first of these that it is in. What takes long comes before what is soon done. */
const FOLDERS = [
  'tests/simulator/azure/',
  'tests/end-to-end/',
  'tests/cloud/',
  'tests/modules/store-and-forward/',
  'tests/modules/',
  'tests/simulator/',
  'tests/',
];
/** One for each processor: with more, tests that wait for a process wait too long for it. */
const AT_ONCE = Math.min(availableParallelism(), 4);

buildIfNeeded();
const chosen = process.argv.slice(2);
process.exitCode = chosen.length === 0 ? await runAll() : runChosen();

function runChosen() {
  const hasFile = chosen.some((word) => word.endsWith('.test.ts'));
  const specs = hasFile ? [] : ['tests/**/*.test.ts', '--ignore', `${OUTSIDE}**`];
  const { status } = spawnSync(process.execPath, [MOCHA, ...chosen, ...specs], {
    stdio: 'inherit',
  });
  return status ?? 1;
}

async function runAll() {
  const startedAt = performance.now();
  const waiting = groups();
  const results = [];
  const runNext = async () => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
      const result = await run(group);
      console.log(`  ${result.told}`);
      // Now: a run that is interrupted has still told it.
      if (!result.isFine) console.log(`\n${result.failures.trimEnd()}\n`);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runNext));

  const sum = (what) => results.reduce((total, result) => total + result[what], 0);
  console.log(`\n  ${sum('passing')} passing (${secondsSince(startedAt)} s)`);
  const failed = results.filter(({ isFine }) => !isFine);
  if (failed.length === 0) return 0;
  console.log(`  ${sum('failing')} failing`);
  for (const { folder, failures } of failed) console.log(titlesIn(failures, folder).join('\n'));
  return 1;
}

/** Every file once, by folder. */
function groups() {
  const files = readdirSync(join(PROJECT, 'tests'), { recursive: true })
    .map((name) => `tests/${name.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.test.ts') && !path.startsWith(OUTSIDE))
    .toSorted();
  const folderOf = (path) => FOLDERS.find((folder) => path.startsWith(folder));
  return FOLDERS.map((folder) => ({
    folder,
    files: files.filter((path) => folderOf(path) === folder),
  }));
}

/** What became of the tests of a folder; `failures` is mocha's list of them, or all that it printed. */
async function run({ folder, files }) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [MOCHA, ...files], { cwd: PROJECT });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  const [status] = await once(child, 'close');
  const passing = Number(/^ +(\d+) passing/m.exec(output)?.[1] ?? 0);
  const list = /^ +(\d+) failing\n/m.exec(output);
  const isFine = status === 0 && passing > 0;
  const failing = isFine ? 0 : Number(list?.[1] ?? 1);
  const failures = list === null ? output : output.slice(list.index + list[0].length);
  const counts = isFine ? `${passing} passed` : `${passing} passed, ${failing} failed`;
  const told = `${folder.padEnd(34)} ${counts} (${secondsSince(startedAt)} s)`;
  return { isFine, folder, passing, failing, failures, told };
}

/** Full titles of the tests in mocha's list of failures; where there is no list, that. */
function titlesIn(failures, folder) {
  const titles = [...failures.matchAll(/^ +\d+\) .*(?:\n {7}.*)*/gm)].map(([title]) =>
    title
      .replace(/^ +\d+\) /, '')
      .replaceAll(/\s+/g, ' ')
      .replace(/:$/, ''),
  );
  if (titles.length === 0) titles.push('ended before it could say what failed');
  return titles.map((title) => `    ${folder} ${title}`);
}

function secondsSince(startedAt) {
  return Math.round((performance.now() - startedAt) / 1_000);
}
