/** The pages of a database file with its write-ahead log over them, read without SQLite. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readWal } from './wal-file.ts';

const HEADER = 'SQLite format 3\0';
const PAGE_BYTES = 4_096;
/** Kinds of pages that the pointer map names a b-tree page with a parent by. */
const BTREE_CHILD = 5;
const POINTER_BYTES = 5;

export class PageFile {
  readonly pageBytes: number;
  readonly pageCount: number;
  readonly #file: number;
  readonly #wal: number | undefined;
  readonly #walPages: ReadonlyMap<number, number>;
  #children: Map<number, number[]> | undefined;

  /** @throws Error as node:fs does when there is no file */
  constructor(path: string) {
    const { pages, pageBytes } = readWal(`${path}-wal`);
    this.#file = openSync(path, 'r');
    this.#walPages = pages;
    this.#wal = pages.size > 0 ? openSync(`${path}-wal`, 'r') : undefined;
    this.pageBytes = pageBytes > 0 ? pageBytes : pageSizeOf(this.#file);
    const inFile = Math.ceil(fstatSync(this.#file).size / this.pageBytes);
    this.pageCount = [...pages.keys()].reduce((most, page) => Math.max(most, page), inFile);
  }

  /** Bytes of a page that hold content: nothing is reserved in our databases. */
  get usableBytes(): number {
    return this.pageBytes;
  }

  /** Whether the first page says that this is a database. */
  get hasHeader(): boolean {
    return this.read(1)?.subarray(0, HEADER.length).toString('latin1') === HEADER;
  }

  /** `user_version`: how far its schema had come. */
  get schemaVersion(): number {
    return this.read(1)?.readUInt32BE(60) ?? 0;
  }

  /** A page by its number, from 1; undefined when it cannot be had. */
  read(page: number): Buffer | undefined {
    if (page < 1 || page > this.pageCount) return undefined;
    const bytes = Buffer.alloc(this.pageBytes);
    const inWal = this.#walPages.get(page);
    const isInWal = inWal !== undefined && this.#wal !== undefined;
    const from = isInWal ? this.#wal : this.#file;
    const at = isInWal ? inWal : (page - 1) * this.pageBytes;
    try {
      return readSync(from, bytes, 0, this.pageBytes, at) === this.pageBytes ? bytes : undefined;
    } catch {
      // A sector that the disk does not give back any more.
      return undefined;
    }
  }

  /**
   * The pages below one, by the pointer map: it still knows them when the page itself is damaged.
   * Source: sqlite.org/fileformat2.html, "Pointer Map or Ptrmap Pages".
   */
  childrenOf(parent: number): readonly number[] {
    this.#children ??= this.#readPointerMap();
    return this.#children.get(parent) ?? [];
  }

  close(): void {
    closeSync(this.#file);
    if (this.#wal !== undefined) closeSync(this.#wal);
  }

  #readPointerMap(): Map<number, number[]> {
    const children = new Map<number, number[]>();
    const perPage = Math.floor(this.usableBytes / POINTER_BYTES);
    for (let mapPage = 2; mapPage < this.pageCount; mapPage += perPage + 1) {
      const bytes = this.read(mapPage);
      if (bytes === undefined) continue;
      for (let index = 0; index < perPage; index += 1) {
        const page = mapPage + 1 + index;
        if (page > this.pageCount) break;
        if (bytes[index * POINTER_BYTES] !== BTREE_CHILD) continue;
        const parent = bytes.readUInt32BE(index * POINTER_BYTES + 1);
        children.set(parent, [...(children.get(parent) ?? []), page]);
      }
    }
    return children;
  }
}

/** As the header says, or as SQLite makes databases nowadays. */
function pageSizeOf(file: number): number {
  const header = Buffer.alloc(18);
  readSync(file, header, 0, 18, 0);
  const stated = header.readUInt16BE(16);
  const isPowerOfTwo = stated >= 512 && (stated & (stated - 1)) === 0;
  return isPowerOfTwo ? stated : PAGE_BYTES;
}
