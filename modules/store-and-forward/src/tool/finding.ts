/** Something that is not as it must be. */
export interface Finding {
  /** Table and row, or file. */
  readonly place: string;
  readonly problem: string;
  readonly remedy: string;
}

/** What helps where SQLite itself cannot read. */
export const REPAIR = 'stop the module, then repair';
/** What helps where the module gets by alone. */
export const LEFT_OUT = 'none needed: the module leaves it out and says so in the ledger';
