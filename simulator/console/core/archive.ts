/** A folder of the archive. */
export interface ArchiveFolder {
  /** Empty for the top, otherwise ends with a slash. */
  readonly prefix: string;
  /** Full prefixes of the folders in it. */
  readonly folders: readonly string[];
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

/** The beginning of a file of the archive. */
export interface ArchiveFile {
  readonly path: string;
  readonly bytes: number;
  /** The first row is the header. */
  readonly rows: readonly (readonly string[])[];
  /** Whether `rows` is the whole file. */
  readonly isComplete: boolean;
}
