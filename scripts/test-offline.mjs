/**
 * Runs the tests that move a module's clock by months: `npm run test:offline`.
 *
 * They need libfaketime (Debian: faketime), which gives a process another time. Where that is not installed, this says
 * so and succeeds: everything else has been tested without.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildIfNeeded } from './build.mjs';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = [
  '/usr/lib/x86_64-linux-gnu/faketime',
  '/usr/lib/aarch64-linux-gnu/faketime',
  '/usr/lib/faketime',
  '/usr/lib64/faketime',
  '/usr/local/lib/faketime',
];

const library = FOLDERS.map((folder) => `${folder}/libfaketimeMT.so.1`).find(existsSync);
if (library === undefined) {
  console.error('400 days offline: not checked, because libfaketime is not installed (faketime).');
  process.exit(0);
}
buildIfNeeded();
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const { status } = spawnSync(
  process.execPath,
  [mocha, '--reporter=spec', ...process.argv.slice(2), 'tests/outside/offline/*.test.ts'],
  { cwd: PROJECT, stdio: 'inherit', env: { ...process.env, FAKETIME_LIBRARY: library } },
);
process.exit(status ?? 1);
