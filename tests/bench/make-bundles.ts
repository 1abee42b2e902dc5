/** Makes what is measured: edge-hub compiled, and the modules as images hold them. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../support/project-folder.ts';

/** Compiles what has changed, and writes `<folder>/<module>/main.mjs` for every module. */
export function makeBundles(folder: string): void {
  run('build.mjs');
  run('bundle.mjs', '--out', folder);
}

function run(script: string, ...words: string[]): void {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(PROJECT_FOLDER, 'scripts', script), ...words],
    { cwd: PROJECT_FOLDER, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${script} failed: ${stderr}`);
}
