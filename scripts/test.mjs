/**
 * Builds the processes that the tests start, then runs mocha: all tests but those in tests/outside
 * (`scripts/test-outside.mjs`), or the files given.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { buildIfNeeded } from './build.mjs';

buildIfNeeded();
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const chosen = process.argv.slice(2);
const specs = chosen.some((word) => word.endsWith('.test.ts'))
  ? []
  : ['tests/**/*.test.ts', '--ignore', 'tests/outside/**'];
const { status } = spawnSync(process.execPath, [mocha, ...chosen, ...specs], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
