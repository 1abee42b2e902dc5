/**
 * Compiles the TypeScript to dist/ and builds the two web pages, when their sources have changed.
 *
 * Types are not checked here (`npm run types` does), so that starting takes a second or two.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(PROJECT, 'dist');
const MARK = join(DIST, '.built.json');
const PAGES = ['cloud/dashboard', 'simulator/console'];
const SOURCES = ['modules', 'cloud', 'simulator'];
const CONFIGURATION = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

/** Brings dist/ up to date; says what it does only when there is something to do. */
export function buildIfNeeded(say = console.error) {
  const wanted = { code: fingerprint(isServerSource), pages: fingerprint(isPageSource) };
  const built = existsSync(MARK) ? JSON.parse(readFileSync(MARK, 'utf8')) : {};
  if (built.code === wanted.code && built.pages === wanted.pages) return;

  const startedAt = performance.now();
  rmSync(MARK, { force: true });
  linkWorkspacePackages();
  if (built.code !== wanted.code) compile();
  if (built.pages !== wanted.pages) for (const page of PAGES) buildPage(page);
  writeFileSync(MARK, JSON.stringify(wanted));
  say(`Built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
}

/** Compiled files find the packages that npm installed beside their workspace, not at the root. */
function linkWorkspacePackages() {
  const { packages } = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8'));
  const workspaces = Object.values(packages).filter(({ link }) => link);
  for (const { resolved } of workspaces) {
    const link = join(DIST, resolved, 'node_modules');
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(join(PROJECT, resolved, 'node_modules'), link, 'junction');
  }
}

function compile() {
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
  run(join(typescript, '../bin/tsc'), ['-p', 'tsconfig.build.json']);
}

function buildPage(page) {
  const vite = createRequire(join(PROJECT, page, 'package.json')).resolve('vite/package.json');
  run(join(vite, '../bin/vite.js'), [
    'build',
    '--logLevel',
    'warn',
    '-c',
    `${page}/vite.config.ts`,
  ]);
}

function run(script, args) {
  const { status } = spawnSync(process.execPath, [script, ...args], {
    cwd: PROJECT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`${args.join(' ')} failed with exit code ${status}`);
}

function isPageSource(path) {
  return PAGES.some((page) => path.startsWith(`${page}/`));
}

function isServerSource(path) {
  return path.endsWith('.ts') && !path.includes('/web/');
}

/** A hash over the contents of all sources that `wanted` picks. */
function fingerprint(wanted) {
  const hash = createHash('sha256').update(process.version);
  for (const path of CONFIGURATION) hash.update(readFileSync(join(PROJECT, path)));
  for (const path of SOURCES.flatMap(listFiles)
    .filter(wanted)
    .toSorted((a, b) => (a < b ? -1 : 1))) {
    hash.update(path).update(readFileSync(join(PROJECT, path)));
  }
  return hash.digest('hex');
}

function listFiles(folder) {
  return readdirSync(join(PROJECT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return [];
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? listFiles(path) : [path];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) buildIfNeeded();
