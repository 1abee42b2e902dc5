/**
 * What the jobs remember between runs: positions, operator state, counts.
 *
 * Invariant: a batch's positions and the state it led to are saved together or not at all.
 */
import type { StateChange } from '../core/operators/keyed-state.ts';
import { openDatabase, type Database } from '../../../wire/database.ts';

const MIGRATIONS = [
  `CREATE TABLE jobs (
     name TEXT PRIMARY KEY, query_hash TEXT NOT NULL, stopped INTEGER NOT NULL, counters TEXT NOT NULL
   ) STRICT;
   CREATE TABLE positions (
     job TEXT NOT NULL, input TEXT NOT NULL, partition TEXT NOT NULL, sequence_number INTEGER NOT NULL,
     PRIMARY KEY (job, input, partition)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE state (
     job TEXT NOT NULL, operator TEXT NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL,
     PRIMARY KEY (job, operator, key)
   ) STRICT;`,
];

/** Counts of a job since it was made. */
export interface JobTotals {
  readonly eventsIn: number;
  readonly lateEvents: number;
  readonly outOfOrderEvents: number;
  readonly droppedEvents: number;
  readonly conversionErrors: number;
  /** By output alias. */
  readonly eventsOut: Readonly<Record<string, number>>;
  readonly lastOutputMs: number | null;
}

/** Where every input of a job is: last processed sequence number, by alias, then partition. */
export type Positions = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** One batch, done. */
export interface Checkpoint {
  readonly positions: Positions;
  readonly changes: readonly StateChange[];
  readonly totals: JobTotals;
}

export const NO_TOTALS: JobTotals = {
  eventsIn: 0,
  lateEvents: 0,
  outOfOrderEvents: 0,
  droppedEvents: 0,
  conversionErrors: 0,
  eventsOut: {},
  lastOutputMs: null,
};

interface JobRow {
  readonly query_hash: string;
  readonly stopped: number;
  readonly counters: string;
}

/** The jobs' database. */
export class CheckpointStore {
  readonly #database: Database;

  /** @throws DamagedDatabaseError */
  constructor(path: string) {
    this.#database = openDatabase(path, MIGRATIONS);
  }

  /**
   * Makes sure that a job is known. State that another version of its query left behind is of no
   * use and is dropped; its positions stay.
   */
  adopt(job: string, queryHash: string): void {
    this.#database.transaction(() => {
      const known = this.#job(job);
      if (known?.query_hash === queryHash) return;
      this.#database.prepare('DELETE FROM state WHERE job = ?').run(job);
      this.#database
        .prepare(
          `INSERT INTO jobs VALUES (?, ?, 0, ?)
           ON CONFLICT (name) DO UPDATE SET query_hash = excluded.query_hash`,
        )
        .run(job, queryHash, JSON.stringify(NO_TOTALS));
    })();
  }

  isStopped(job: string): boolean {
    return this.#job(job)?.stopped === 1;
  }

  setStopped(job: string, isStopped: boolean): void {
    this.#database
      .prepare('UPDATE jobs SET stopped = ? WHERE name = ?')
      .run(isStopped ? 1 : 0, job);
  }

  totals(job: string): JobTotals {
    const saved: Partial<JobTotals> = JSON.parse(this.#job(job)?.counters ?? '{}');
    return { ...NO_TOTALS, ...saved };
  }

  positions(job: string): Map<string, Map<string, number>> {
    const rows = this.#database
      .prepare('SELECT input, partition, sequence_number FROM positions WHERE job = ?')
      .all(job) as { input: string; partition: string; sequence_number: number }[];
    const positions = new Map<string, Map<string, number>>();
    for (const { input, partition, sequence_number } of rows) {
      const partitions = positions.get(input) ?? new Map<string, number>();
      positions.set(input, partitions.set(partition, sequence_number));
    }
    return positions;
  }

  state(job: string): { operator: string; key: string; text: string }[] {
    return this.#database
      .prepare('SELECT operator, key, text FROM state WHERE job = ?')
      .all(job) as { operator: string; key: string; text: string }[];
  }

  /** Saves a batch that has been put out; it is on disk when this returns. */
  save(job: string, { positions, changes, totals }: Checkpoint): void {
    this.#database.transaction(() => {
      const position = this.#database.prepare('REPLACE INTO positions VALUES (?, ?, ?, ?)');
      for (const [input, partitions] of positions) {
        for (const [partition, number] of partitions) position.run(job, input, partition, number);
      }
      const put = this.#database.prepare('REPLACE INTO state VALUES (?, ?, ?, ?)');
      const remove = this.#database.prepare(
        'DELETE FROM state WHERE job = ? AND operator = ? AND key = ?',
      );
      for (const { operator, key, text } of changes) {
        if (text === undefined) remove.run(job, operator, key);
        else put.run(job, operator, key, text);
      }
      this.#database
        .prepare('UPDATE jobs SET counters = ? WHERE name = ?')
        .run(JSON.stringify(totals), job);
    })();
  }

  close(): void {
    this.#database.close();
  }

  #job(name: string): JobRow | undefined {
    return this.#database.prepare('SELECT * FROM jobs WHERE name = ?').get(name) as
      JobRow | undefined;
  }
}
