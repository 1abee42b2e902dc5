/**
 * What the last commit held, noted outside of the database.
 *
 * SQLite drops what it finds damaged at the end of its log, as if it had never been. The mark tells:
 * it is written after each commit, before its input is acknowledged, and not synced. So it is exact
 * after a kill, and after a power cut it is at most behind: what it says was committed.
 */
import { closeSync, constants, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { z } from 'zod';

const Mark = z.object({ received: z.int().min(0), outboxRows: z.int().min(0) });

/** Totals as of a commit. */
export type Mark = z.infer<typeof Mark>;

/** Always written whole, so that an older one never shows through. */
const BYTES = 64;

export class CommitMark {
  readonly #path: string;
  #file: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The totals noted last; undefined when there are none, or they cannot be read. */
  read(): Mark | undefined {
    try {
      return Mark.safeParse(JSON.parse(readFileSync(this.#path, 'utf8'))).data;
    } catch {
      return undefined;
    }
  }

  /** Best effort: without a mark, less is noticed. */
  note({ received, outboxRows }: Mark): void {
    try {
      // Neither appended to nor cut: written over in place.
      this.#file ??= openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
      writeSync(this.#file, JSON.stringify({ received, outboxRows }).padEnd(BYTES), 0);
    } catch {
      this.close();
    }
  }

  /** The database begins anew: what was noted is of another. */
  forget(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
