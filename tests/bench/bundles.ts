/**
 * Measures modules as images run them against modules as `npm start` runs them:
 *
 *   npm run bundle && node scripts/build.mjs && node --import tsx tests/bench/bundles.ts [NODE]
 *
 * Time from the start of the process to its connection, and memory two seconds later.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { moduleFolders } from '../../simulator/edge/manifest/module-images.ts';
import { PROJECT_FOLDER } from '../support/project-folder.ts';
import { StubEdgeHub } from '../support/stub-edge-hub.ts';

const ROUNDS = 5;
const node = process.argv[2] ?? process.execPath;

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;

interface Run {
  readonly connectedMs: number;
  readonly residentMb: number;
}

async function measure(hub: StubEdgeHub, file: string): Promise<Run> {
  const state = mkdtempSync(join(tmpdir(), 'bench-bundles-'));
  const startedAt = performance.now();
  const child = spawn(node, ['--max-semi-space-size=4', file], {
    env: { ...hub.environment, STATE_FOLDER: state },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes('connected to edgeHub')) resolve();
    });
  });
  const connectedMs = performance.now() - startedAt;
  await new Promise((resolve) => {
    setTimeout(resolve, 2_000);
  });
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const residentMb = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
  rmSync(state, { recursive: true });
  return { connectedMs, residentMb };
}

const hub = await StubEdgeHub.start();
for (const name of moduleFolders(join(PROJECT_FOLDER, 'modules'))) {
  const files = {
    bundle: join(PROJECT_FOLDER, 'dist/bundles', name, 'main.mjs'),
    unbundled: join(PROJECT_FOLDER, 'dist/modules', name, 'src/main.js'),
  };
  for (const [kind, file] of Object.entries(files)) {
    const runs: Run[] = [];
    for (let round = 0; round < ROUNDS; round += 1) runs.push(await measure(hub, file));
    console.log(
      [
        name.padEnd(18),
        kind.padEnd(10),
        kind === 'bundle' ? `${(statSync(file).size / 1e6).toFixed(2)} MB` : 'files  ',
        `${Math.round(median(runs.map(({ connectedMs }) => connectedMs)))} ms`,
        `${median(runs.map(({ residentMb }) => residentMb)).toFixed(1)} MB resident`,
      ].join('  '),
    );
  }
}
await hub.stop();
