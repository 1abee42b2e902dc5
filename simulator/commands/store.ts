/**
 * `npm run store`: the tool of store-and-forward, on the local system's database.
 *
 * It belongs to the module, so it runs as a process of its own, as in the module's image.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The compiled file lies in dist/simulator/commands/. */
const TOOL = fileURLToPath(
  new URL('../../modules/store-and-forward/src/tool/main.js', import.meta.url),
);
/** Where the local edgeAgent lets the module keep its state. */
const STATE_FOLDER = '.local/modules/store-and-forward';

const { status } = spawnSync(process.execPath, [TOOL, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { STATE_FOLDER, ...process.env },
});
process.exitCode = status ?? 1;
