/** A file of the archive, as a listing knows it. */
export interface ArchiveFile {
  /** Path below the archive's root, with slashes. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Instant of the last change, epoch milliseconds. */
  readonly modifiedMs: number;
}

/** Where the CSV files of the cold path are. */
export interface Archive {
  /** What to call it; holds no secret. */
  readonly name: string;
  /**
   * All CSV files that hold something, by name.
   *
   * @throws ColdPathError `ARCHIVE` when the archive cannot be read
   */
  list(): Promise<ArchiveFile[]>;
  /** The bytes of a file. */
  read(file: ArchiveFile): Promise<Uint8Array>;
}

/** Whether the cold path reads a file of this name and size: CSV, and not empty. */
export function isToRead(name: string, sizeBytes: number): boolean {
  return name.toLowerCase().endsWith('.csv') && sizeBytes > 0;
}
