/** Builds the processes that the tests start, then runs mocha: all tests, or the files given. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { buildIfNeeded } from './build.mjs';

buildIfNeeded();
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const chosen = process.argv.slice(2);
const specs = chosen.some((word) => word.endsWith('.test.ts')) ? [] : ['tests/**/*.test.ts'];
const { status } = spawnSync(process.execPath, [mocha, ...chosen, ...specs], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
