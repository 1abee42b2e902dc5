/**
 * Installs the packages that the next step needs, when they are missing or older than the lock file.
 *
 * `run` leaves the development tools out (npm start, npm run proof); `all` installs everything
 * (npm test, npm run check). Uses nothing but Node and npm, because it runs before anything exists.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const MINIMUM_NODE = [20, 19];
const MARK = 'node_modules/.installed.json';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1])) {
  console.error(
    `Node ${process.versions.node} is too old: install Node ${MINIMUM_NODE.join('.')} or newer.`,
  );
  process.exit(1);
}

const fingerprint = createHash('sha256')
  .update(readFileSync('package-lock.json'))
  .update(process.versions.modules + process.platform + process.arch)
  .digest('hex');

const installed = readMark();
/** Whoever has the development tools keeps them when the lock file changes. */
const wanted = process.argv[2] === 'all' || installed?.what === 'all' ? 'all' : 'run';
const upToDate = installed?.fingerprint === fingerprint;
if (upToDate && installed.what === wanted) process.exit(0);

await install(upToDate);
writeFileSync(MARK, JSON.stringify({ fingerprint, what: wanted }));

/** What the last installation covered, or undefined when there is none that finished. */
function readMark() {
  if (!existsSync(MARK)) return undefined;
  try {
    return JSON.parse(readFileSync(MARK, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Runs npm; `onTop` adds the development tools to a finished installation instead of starting over. */
async function install(onTop) {
  const what = wanted === 'all' ? 'all packages' : 'the packages that running needs';
  const howLong = onTop ? 'half a minute' : 'two to four minutes: SQLite may be compiled here';
  console.log(`Installing ${what}; this may take ${howLong}.`);

  const startedAt = Date.now();
  const command = onTop ? ['install', '--no-save'] : ['ci'];
  if (wanted === 'run') command.push('--omit=dev');
  const npm = process.env.npm_execpath;
  const child = npm
    ? spawn(process.execPath, [npm, ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
    : spawn('npm', command, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const alive = setInterval(() => {
    console.log(`  still installing, ${Math.round((Date.now() - startedAt) / 1000)} s`);
  }, 15_000);
  const exitCode = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(alive);
  if (exitCode !== 0) {
    console.error(`${output}\nnpm ${command.join(' ')} failed with exit code ${exitCode}.`);
    process.exit(1);
  }
  console.log(`Installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`);
}
