/** On what, and of what, figures were measured. */
import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../support/project-folder.ts';

const FLUSHES = 200;
const PAGE_BYTES = 4_096;

/** Processor, memory, disk, load before, Node and commit, in a few lines. */
export function describeMachine(): string {
  const [first] = cpus();
  const gibibytes = (totalmem() / 2 ** 30).toFixed(0);
  const load = loadavg()[0]?.toFixed(1);
  return [
    `${cpus().length} x ${first?.model.trim() ?? 'processor'}, ${gibibytes} GiB, ${type()} ${release()}, load before ${load}`,
    `a flush of the disk takes ${flushMs().toFixed(2)} ms (median of ${FLUSHES}), Node ${process.version}`,
    `commit ${commit()}, ${new Date().toISOString()}`,
  ].join('\n');
}

/** Median time of a write that is to survive a power cut, milliseconds. */
function flushMs(): number {
  const file = join(tmpdir(), `bench-flush-${process.pid}`);
  const handle = openSync(file, 'w');
  const page = Buffer.alloc(PAGE_BYTES);
  const times = Array.from({ length: FLUSHES }, () => {
    const startedMs = performance.now();
    writeSync(handle, page, 0, PAGE_BYTES, 0);
    fdatasyncSync(handle);
    return performance.now() - startedMs;
  });
  closeSync(handle);
  rmSync(file);
  return times.toSorted((a, b) => a - b)[FLUSHES >> 1] ?? Number.NaN;
}

function commit(): string {
  const git = (...words: string[]) =>
    execFileSync('git', words, { cwd: PROJECT_FOLDER, encoding: 'utf8' }).trim();
  try {
    const changes = git('status', '--porcelain', '--', 'modules', 'simulator', 'tests/bench');
    return git('rev-parse', '--short', 'HEAD') + (changes === '' ? '' : ' with changes');
  } catch {
    return 'unknown';
  }
}
