/** Builds what has changed, then runs the local system, or the proof when asked for, in this process. */
import { buildIfNeeded } from './build.mjs';

const ENTRIES = {
  start: 'simulator/main.js',
  proof: 'simulator/proof/main.js',
  chaos: 'simulator/chaos/main.js',
  link: 'simulator/commands/link.js',
  meter: 'simulator/commands/meter.js',
  tpm: 'simulator/commands/tpm.js',
  gateway: 'simulator/commands/gateway.js',
  azure: 'simulator/commands/azure.js',
  manifest: 'simulator/commands/manifest.js',
  images: 'simulator/commands/images.js',
  deploy: 'cloud/infra/deploy/main.js',
  'function:settings': 'simulator/commands/function-settings.js',
  alerts: 'cloud/function/src/command/main.js',
  sql: 'cloud/sql/tool/main.js',
  'cold-path': 'simulator/commands/cold-path.js',
  store: 'simulator/commands/store.js',
};

const entry = process.argv[2] in ENTRIES ? process.argv.splice(2, 1)[0] : 'start';
try {
  buildIfNeeded();
} catch (error) {
  console.error(`The project cannot be built: ${error.message}`);
  process.exit(1);
}
await import(new URL(`../dist/${ENTRIES[entry]}`, import.meta.url));
