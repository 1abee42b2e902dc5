/**
 * A small file system for each module, so that its disk can be full for as long as one likes.
 *
 * It is a tmpfs in a mount namespace of this process (`private-mounts.ts`): nobody else sees it, and
 * it is gone with the last process in it, whatever that dies of.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Above what a module's database may grow to, its write-ahead log included. */
const DISK_MEBIBYTES = 160;
const FILLER = 'filler';
/** From large to small, down to the page of a tmpfs. */
const FILLER_BYTES = [2 ** 20, 2 ** 16, 2 ** 12];

export class SmallDisks {
  readonly #folders: readonly string[];

  private constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** Mounts a disk at each folder, which is made. @throws Error when the system does not allow it */
  static mount(folders: readonly string[]): SmallDisks {
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true });
      const options = `size=${DISK_MEBIBYTES}m,mode=0700`;
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'iot-chaos', folder]);
    }
    return new SmallDisks(folders);
  }

  /** Leaves no byte free; to be called again when somebody may have given some back. */
  fill(folder: string): void {
    const filler = openSync(join(folder, FILLER), 'a');
    try {
      for (const size of FILLER_BYTES) writeUntilFull(filler, size);
    } finally {
      closeSync(filler);
    }
  }

  /** Gives back what `fill` took. */
  free(folder: string): void {
    rmSync(join(folder, FILLER), { force: true });
  }

  /** Unmounts all; what was on them is put into the folders if it is to be kept. */
  unmount(keep: boolean): void {
    for (const folder of this.#folders) {
      const copy = `${folder}.kept`;
      this.free(folder);
      if (keep) cpSync(folder, copy, { recursive: true });
      // Lazily: a process that is still ending must not hold this up.
      execFileSync('umount', ['--lazy', folder]);
      if (!keep) continue;
      for (const name of readdirSync(copy)) {
        cpSync(join(copy, name), join(folder, name), { recursive: true });
      }
      rmSync(copy, { recursive: true });
    }
  }
}

function writeUntilFull(file: number, size: number): void {
  const bytes = Buffer.alloc(size);
  try {
    // A write that finds less room than it needs is a short one.
    while (writeSync(file, bytes) === size);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}
