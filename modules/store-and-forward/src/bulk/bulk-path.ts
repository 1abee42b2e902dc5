/**
 * The way past the hub: a large backlog goes straight to Blob Storage, and the hub gets one message
 * for each upload, which names its manifest.
 *
 * Invariants:
 * - readings leave the backlog only when their upload's manifest is stored;
 * - a block that cannot be read goes into the ledger, and holds up no other;
 * - what a kill interrupts is done again with the same names and bytes, so nothing comes twice;
 * - what Blob Storage does not take goes by the hub, and is tried again with longer and longer pauses.
 */
import { BackOff } from '../../../shared/src/back-off.ts';
import type { Clock } from '../../../shared/src/clock.ts';
import type { Logger } from '../../../shared/src/logger.ts';
import {
  isBulkError,
  type BlobContainer,
  type BulkError,
  type OpenContainer,
} from './blob-container.ts';
import type { BulkStore, DroppedBlock, Upload } from './bulk-store.ts';
import { period, uploadFiles, uploadName, type UploadFiles } from './upload-files.ts';

/** The rest of the backlog, as far as the bulk path needs it. */
export interface BulkBacklog {
  /** Readings that wait, wherever. */
  readonly waitingReadings: number;
  /** Blocks that go by the hub. */
  readonly blocks: number;
  /** Blocks came or went past it. */
  recount(): void;
  /** Puts the readings of a block that cannot be read into the ledger. */
  damaged(block: DroppedBlock): void;
  /** Counts readings as delivered, by the numbers of blocks, first and last. */
  delivered(blocks: Upload['blocks']): void;
}

export interface BulkParts {
  readonly store: BulkStore;
  readonly backlog: BulkBacklog;
  readonly open: OpenContainer;
  readonly clock: Clock;
  readonly log: Logger;
  /** What the blobs are named by. */
  readonly gateway: string;
  /** What the archive's column says. */
  readonly deviceId: string;
}

/** The message that names a manifest. */
export interface UploadMessage {
  readonly kind: 'upload';
  readonly messageId: string;
  readonly body: string;
}

/** What became of an attempt, to be committed. */
type Outcome =
  | { readonly complete: UploadFiles; readonly address: string }
  | { readonly damaged: Upload['blocks'][number] }
  | { readonly problem: BulkError }
  | { readonly fault: unknown };

/** Five megabytes of CSV: little to repeat, and little memory. */
const MOST = { mostBlocks: 1_000, mostReadings: 100_000 };
/** Less is not worth an upload. */
const LEAST_READINGS = 10_000;
const PUTS_AT_ONCE = 4;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 900_000;
/** Nothing was stored, for certain. */
const REJECTED: readonly string[] = ['NO_ACCESS', 'REFUSED', 'NO_CONTAINER'];

export class BulkPath {
  readonly #parts: BulkParts;
  readonly #backOff = new BackOff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
  readonly #abort = new AbortController();
  #afterReadings = 0;
  #isRunning = false;
  #outcome: Outcome | undefined;
  #nextAttemptMs = Number.NEGATIVE_INFINITY;
  /** Whether blobs of the present upload may be there. */
  #mayHaveStored: boolean;
  #problem: BulkError | undefined;

  constructor(parts: BulkParts) {
    this.#parts = parts;
    this.#mayHaveStored = parts.store.upload !== undefined;
  }

  /** @param afterReadings how large the backlog must be; 0 for never */
  configure(afterReadings: number): void {
    this.#afterReadings = afterReadings;
  }

  /** Whether `settle` has something to do. */
  get isDue(): boolean {
    return this.#outcome !== undefined || this.#isPlanDue || this.#isGivenUp;
  }

  /** Commits what has become of the upload, and plans the next, inside the caller's transaction. */
  settle(): UploadMessage[] {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    const messages = outcome === undefined ? [] : this.#commit(outcome);
    if (this.#isGivenUp) this.#giveBack(this.#parts.store.upload?.blocks ?? []);
    if (this.#isPlanDue) this.#plan();
    return messages;
  }

  /** Begins or repeats the upload that is planned; outside of any transaction. */
  work(): void {
    const { upload } = this.#parts.store;
    if (upload === undefined || this.#isRunning || this.#outcome !== undefined) return;
    if (this.#afterReadings === 0 || !this.#isTime || this.#abort.signal.aborted) return;
    this.#isRunning = true;
    void this.#attempt(upload).then((outcome) => {
      this.#isRunning = false;
      if (!this.#abort.signal.aborted) this.#outcome = outcome;
    });
  }

  /** Ends what is on its way; it is done again after the next start. */
  stop(): void {
    this.#abort.abort();
  }

  status() {
    const { store } = this.#parts;
    return {
      bulkUploads: store.progress.uploads,
      bulkReadings: store.progress.readings,
      bulkReadingsOnTheirWay: store.upload?.readings ?? 0,
      bulkProblem: this.#problem?.message ?? null,
    };
  }

  get #isTime(): boolean {
    return this.#parts.clock.monotonicMs() >= this.#nextAttemptMs;
  }

  get #isPlanDue(): boolean {
    const { store, backlog } = this.#parts;
    if (this.#afterReadings === 0 || store.upload !== undefined || !this.#isTime) return false;
    return store.progress.active || backlog.waitingReadings >= this.#afterReadings;
  }

  /** Switched off, or the hub has taken everything else meanwhile. */
  get #isGivenUp(): boolean {
    const { store, backlog } = this.#parts;
    if (store.upload === undefined || this.#isRunning || this.#outcome !== undefined) return false;
    if (this.#afterReadings === 0) return true;
    return this.#problem !== undefined && !this.#isTime && backlog.blocks === 0;
  }

  #plan(): void {
    const { store, backlog } = this.#parts;
    const leastReadings = Math.min(LEAST_READINGS, this.#afterReadings);
    const active = store.plan({ ...MOST, leastReadings });
    if (store.progress.active !== active) store.note({ active });
    this.#mayHaveStored = false;
    if (active) {
      backlog.recount();
      // After the commit.
      setImmediate(() => this.work());
    } else this.#nextAttemptMs = this.#parts.clock.monotonicMs() + FIRST_PAUSE_MS;
  }

  #giveBack(blocks: Upload['blocks']): void {
    this.#parts.store.giveBack(blocks);
    this.#parts.backlog.recount();
  }

  /** Given back, it would come again with the next upload. */
  #loseDamaged([firstNumber]: Upload['blocks'][number]): void {
    const { store, backlog } = this.#parts;
    const block = store.drop(firstNumber);
    if (block !== undefined) backlog.damaged(block);
  }

  #commit(outcome: Outcome): UploadMessage[] {
    if ('fault' in outcome) throw outcome.fault;
    if ('complete' in outcome) return this.#complete(outcome.complete, outcome.address);
    if ('damaged' in outcome) this.#loseDamaged(outcome.damaged);
    else this.#failed(outcome.problem);
    return [];
  }

  #complete(files: UploadFiles, address: string): UploadMessage[] {
    const { store, backlog, gateway, log } = this.#parts;
    const { upload } = store;
    if (upload === undefined) return [];
    const { readings } = upload;
    backlog.delivered(upload.blocks);
    store.complete();
    this.#backOff.reset();
    this.#problem = undefined;
    const body = {
      container: address,
      manifest: files.manifest.name,
      readings,
      ...period(files.fromMs, files.toMs),
      files: files.files.length,
      bytes: files.bytes,
    };
    log.info({ readings, bytes: files.bytes, container: address }, 'backlog uploaded');
    const messageId = `upload/${uploadName(upload, gateway)}`;
    return [{ kind: 'upload', messageId, body: JSON.stringify(body) }];
  }

  #failed(problem: BulkError): void {
    const { store, clock, log } = this.#parts;
    this.#nextAttemptMs = clock.monotonicMs() + this.#backOff.next(Math.random());
    if (this.#problem?.message !== problem.message) {
      const { code, message: reason } = problem;
      log.warn({ code, reason }, 'backlog not uploaded, it goes by the hub meanwhile');
    }
    this.#problem = problem;
    if (!this.#mayHaveStored) this.#giveBack(store.upload?.blocks ?? []);
  }

  async #attempt(upload: Upload): Promise<Outcome> {
    const { store, open, deviceId, gateway } = this.#parts;
    const { signal } = this.#abort;
    try {
      const container = await open();
      const made = await uploadFiles(store, upload, { gateway, deviceId, signal });
      if ('damaged' in made) return made;
      await this.#putAll(container, made);
      return { complete: made, address: container.address };
    } catch (error) {
      return isBulkError(error) ? { problem: error } : { fault: error };
    }
  }

  async #putAll(container: BlobContainer, { files, manifest }: UploadFiles): Promise<void> {
    const waiting = [...files];
    const put = async () => {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        await this.#put(container, file);
      }
    };
    // All must have ended before the next attempt begins.
    const ends = await Promise.allSettled(Array.from({ length: PUTS_AT_ONCE }, put));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    await this.#put(container, manifest);
  }

  async #put(container: BlobContainer, blob: UploadFiles['manifest']): Promise<void> {
    try {
      await container.put(blob, this.#abort.signal);
      this.#mayHaveStored = true;
    } catch (error) {
      if (!(isBulkError(error) && REJECTED.includes(error.code))) this.#mayHaveStored = true;
      throw error;
    }
  }
}
