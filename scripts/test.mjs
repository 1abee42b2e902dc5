/** Builds the processes that the tests start, then runs mocha with the arguments given. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { buildIfNeeded } from './build.mjs';

buildIfNeeded();
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const { status } = spawnSync(process.execPath, [mocha, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
