/**
 * Whole numbers as few bytes: seven bits a byte, small numbers of either sign short.
 *
 * Invariants:
 * - every integer up to MAX_VARINT comes back as it was written.
 */

/** Negative numbers between the positive ones: 0, -1, 1, -2, 2, … */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unzigzag(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
}

/** Largest magnitude that can be written: its zigzag must be exact. */
export const MAX_VARINT = 2 ** 52 - 1;

/** Bytes of the longest number. */
const LONGEST_BYTES = 8;
const FIRST_BYTES = 256;

/** Whether a number can be written. */
export function fitsVarint(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= MAX_VARINT;
}

/** Appends numbers to a row of bytes. */
export class VarintWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;

  /** What was written so far. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  write(value: number): void {
    if (this.#length + LONGEST_BYTES > this.#bytes.length) this.#grow();
    let rest = zigzag(value);
    while (rest >= 128) {
      const low = rest % 128;
      this.#bytes[this.#length] = low + 128;
      this.#length += 1;
      rest = (rest - low) / 128;
    }
    this.#bytes[this.#length] = rest;
    this.#length += 1;
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.#bytes.length);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Reads numbers back, in the order they were written. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Where the next number begins. */
  get position(): number {
    return this.#position;
  }

  /** @throws RangeError past the end */
  read(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#position];
      if (byte === undefined) throw new RangeError('the block is cut off');
      this.#position += 1;
      if (byte < 128) return unzigzag(value + byte * factor);
      value += (byte - 128) * factor;
    }
  }
}
