/**
 * Readings packed into messages: one JSON array each, as large as a message may be.
 *
 * Invariants:
 * - every reading is in exactly one pack, in order;
 * - a pack is no larger than allowed, unless a single reading is.
 */

/** A reading as JSON text. */
export interface PackItem {
  readonly text: string;
  /** UTF-8 bytes of `text`. */
  readonly bytes: number;
}

/** The packs that are full, and what is left over for the next. */
export interface Packed<Item> {
  readonly packs: readonly (readonly Item[])[];
  readonly rest: readonly Item[];
}

/** Fills packs of at most `maxBytes`, brackets and commas counted. */
export function fillPacks<Item extends PackItem>(
  items: readonly Item[],
  maxBytes: number,
): Packed<Item> {
  const packs: (readonly Item[])[] = [];
  let current: Item[] = [];
  let bytes = EMPTY_ARRAY_BYTES;
  for (const item of items) {
    if (current.length > 0 && bytes + item.bytes + COMMA_BYTES > maxBytes) {
      packs.push(current);
      current = [];
      bytes = EMPTY_ARRAY_BYTES;
    }
    current.push(item);
    bytes += item.bytes + COMMA_BYTES;
  }
  return { packs, rest: current };
}

/** UTF-8 bytes of the body of a pack, a comma more. */
export function packBytes(items: readonly PackItem[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes + COMMA_BYTES, EMPTY_ARRAY_BYTES);
}

/** The body of a pack. */
export function packBody(items: readonly PackItem[]): string {
  return `[${items.map(({ text }) => text).join(',')}]`;
}

const EMPTY_ARRAY_BYTES = 2;
const COMMA_BYTES = 1;
