/**
 * What is known of 500 virtual meters between two readings, in columns: 77 bytes a meter, in memory
 * as on disk.
 *
 * Invariant: a block made of another's bytes is the same as that block.
 *
 * Numbers are in the machine's own order of bytes, which is little-endian on all that IoT Edge runs on.
 */

/** Meters of one block; they measure at the same instant and share messages. */
export const BLOCK_METERS = 500;

const WIDE_COLUMNS = 7;
const NARROW_COLUMNS = 5;
const WIDE_BYTES = 8;
const NARROW_BYTES = 4;
const BLOCK_BYTES = BLOCK_METERS * (WIDE_COLUMNS * WIDE_BYTES + NARROW_COLUMNS * NARROW_BYTES + 1);

export class MeterBlock {
  /** The whole block, to be stored; changes with it. */
  readonly bytes: Uint8Array;
  /** Number of the next reading; 0 of a meter that was never installed. */
  readonly nextSeq: Float64Array;
  /** Noise of the last reading, degrees Fahrenheit. */
  readonly noiseF: Float64Array;
  /** When the episode began, in the meter's own time, epoch milliseconds. */
  readonly episodeFromMs: Float64Array;
  /** Shift of a level, or the temperature at which a meter is stuck, degrees Fahrenheit. */
  readonly episodeF: Float64Array;
  /** In an outage, the instant of the oldest reading that was not sent, epoch milliseconds. */
  readonly unsentMs: Float64Array;
  /** End of an outage, epoch milliseconds. */
  readonly returnMs: Float64Array;
  /** By how much the meter's clock gains in a day, seconds, as the ground truth has it. */
  readonly driftSeconds: Float64Array;
  /** Random stream of the temperatures. */
  readonly random: Uint32Array;
  /** Random stream of episodes and faults. */
  readonly chance: Uint32Array;
  readonly produced: Uint32Array;
  readonly sinceInjection: Uint32Array;
  /** Readings left of the episode; of an outage, those made so far of its backlog. */
  readonly episodeReadings: Uint32Array;
  /** Index into the kinds of episodes; 0 is none. */
  readonly episode: Uint8Array;

  /** @param bytes of another block; of another length they are not understood, and it begins anew */
  constructor(bytes?: Uint8Array) {
    this.bytes = new Uint8Array(BLOCK_BYTES);
    if (bytes?.length === BLOCK_BYTES) this.bytes.set(bytes);
    const { buffer } = this.bytes;
    const wide = (column: number) =>
      new Float64Array(buffer, column * BLOCK_METERS * WIDE_BYTES, BLOCK_METERS);
    const afterWide = WIDE_COLUMNS * BLOCK_METERS * WIDE_BYTES;
    const narrow = (column: number) =>
      new Uint32Array(buffer, afterWide + column * BLOCK_METERS * NARROW_BYTES, BLOCK_METERS);
    this.nextSeq = wide(0);
    this.noiseF = wide(1);
    this.episodeFromMs = wide(2);
    this.episodeF = wide(3);
    this.unsentMs = wide(4);
    this.returnMs = wide(5);
    this.driftSeconds = wide(6);
    this.random = narrow(0);
    this.chance = narrow(1);
    this.produced = narrow(2);
    this.sinceInjection = narrow(3);
    this.episodeReadings = narrow(4);
    this.episode = new Uint8Array(buffer, afterWide + NARROW_COLUMNS * BLOCK_METERS * NARROW_BYTES);
  }
}
