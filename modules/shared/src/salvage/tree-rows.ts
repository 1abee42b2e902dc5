/**
 * The rows of a table, read from its pages without SQLite.
 *
 * Invariants:
 * - a damaged page costs its own rows, and no others: what is below it is found by the pointer map;
 * - every page is read once, and for one row once where it goes on, so that no damage makes the reading go
 *   on for ever, or takes a part of a row for the rest of it.
 *
 * Source: sqlite.org/fileformat2.html, "B-tree Pages".
 */
import { readRecord, readVarint, type SqlValue } from '../core/sqlite-record.ts';
import type { PageFile } from './page-file.ts';

const INTERIOR_INDEX = 0x02;
const INTERIOR_TABLE = 0x05;
const LEAF_INDEX = 0x0a;
const LEAF_TABLE = 0x0d;
/** The first page begins with the header of the file. */
const FILE_HEADER_BYTES = 100;

/** A row; `rowid` only where the table has one. */
export interface TreeRow {
  readonly rowid: number | undefined;
  readonly values: readonly SqlValue[];
}

/** What was read, and what could not be. */
export interface TreeReading {
  /** Pages with rows that were read. */
  leaves: number;
  damagedPages: number;
  damagedRows: number;
}

/** Where the rows of a table begin, and how they lie. */
export interface Tree {
  readonly root: number;
  /** A table WITHOUT ROWID: its rows lie as in an index, also between the pages. */
  readonly isIndex: boolean;
}

/** Calls `take` with every row that can be read; counts what cannot. */
export function forEachRow(file: PageFile, tree: Tree, take: (row: TreeRow) => void): TreeReading {
  const walk = new TreeWalk(file, tree.isIndex, take);
  walk.run(tree.root);
  return walk.reading;
}

class TreeWalk {
  readonly reading: TreeReading = { leaves: 0, damagedPages: 0, damagedRows: 0 };
  readonly #file: PageFile;
  readonly #isIndex: boolean;
  readonly #take: (row: TreeRow) => void;
  readonly #seen = new Set<number>();
  readonly #open: number[] = [];
  /** Pages that the cells of the page at hand point to. */
  readonly #below: number[] = [];

  constructor(file: PageFile, isIndex: boolean, take: (row: TreeRow) => void) {
    this.#file = file;
    this.#isIndex = isIndex;
    this.#take = take;
  }

  run(root: number): void {
    this.#open.push(root);
    for (let page = this.#open.pop(); page !== undefined; page = this.#open.pop()) {
      if (this.#seen.has(page)) continue;
      this.#seen.add(page);
      this.#readPage(page);
    }
  }

  #readPage(number: number): void {
    const page = this.#file.read(number);
    const start = number === 1 ? FILE_HEADER_BYTES : 0;
    const type = page?.[start];
    const [interior, leaf] = this.#isIndex
      ? [INTERIOR_INDEX, LEAF_INDEX]
      : [INTERIOR_TABLE, LEAF_TABLE];
    if (page === undefined || (type !== interior && type !== leaf)) {
      this.reading.damagedPages += 1;
      this.#open.push(...this.#file.childrenOf(number));
      return;
    }
    const isLeaf = type === leaf;
    if (isLeaf) this.reading.leaves += 1;
    const pointers = start + (isLeaf ? 8 : 12);
    const cells = page.readUInt16BE(start + 3);
    for (let cell = 0; cell < cells; cell += 1) {
      const pointerAt = pointers + 2 * cell;
      if (pointerAt + 2 > page.length) {
        this.reading.damagedRows += 1;
        break;
      }
      this.#readCell(page, page.readUInt16BE(pointerAt), isLeaf);
    }
    if (!isLeaf) this.#openBelow(number, page.readUInt32BE(start + 8));
  }

  /**
   * The pages below one, the first to be read first: rows in order are written fast. Of a page with a
   * wrong pointer, all that the pointer map has below it is read, too.
   */
  #openBelow(number: number, last: number): void {
    const below = [...this.#below.splice(0), last, ...this.#file.childrenOf(number)];
    this.#open.push(...below.toReversed());
  }

  #readCell(page: Buffer, start: number, isLeaf: boolean): void {
    try {
      if (!isLeaf) this.#below.push(page.readUInt32BE(start));
      if (isLeaf || this.#isIndex) this.#take(this.#rowAt(page, isLeaf ? start : start + 4));
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
      this.reading.damagedRows += 1;
    }
  }

  #rowAt(page: Buffer, start: number): TreeRow {
    const size = readVarint(page, start);
    const rowid = this.#isIndex ? undefined : readVarint(page, size.end);
    const at = rowid?.end ?? size.end;
    const payload = this.#payload(page, at, size.value);
    return { rowid: rowid?.value, values: readRecord(payload) };
  }

  /** What does not fit into the page goes on in a chain of others. */
  #payload(page: Buffer, start: number, size: number): Buffer {
    const usable = this.#file.usableBytes;
    if (size < 0 || size > usable * this.#file.pageCount) throw new RangeError('no such size');
    const local = localBytes(size, usable, this.#isIndex);
    if (start + local > page.length) throw new RangeError('the page ends in a row');
    const parts = [page.subarray(start, start + local)];
    let left = size - local;
    let next = left > 0 ? page.readUInt32BE(start + local) : 0;
    const seen = new Set<number>();
    while (left > 0) {
      if (seen.has(next)) throw new RangeError('the row goes round');
      seen.add(next);
      const more = this.#file.read(next);
      if (more === undefined) throw new RangeError('the row goes on nowhere');
      const bytes = more.subarray(4, 4 + Math.min(left, usable - 4));
      parts.push(bytes);
      left -= bytes.length;
      next = more.readUInt32BE(0);
    }
    return Buffer.concat(parts);
  }
}

/** Bytes of a payload that lie in the page itself. */
function localBytes(size: number, usable: number, isIndex: boolean): number {
  const most = isIndex ? Math.floor(((usable - 12) * 64) / 255) - 23 : usable - 35;
  if (size <= most) return size;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((size - least) % (usable - 4));
  return fitting <= most ? fitting : least;
}
