/**
 * Everything the meters ever measured: the ground truth of the local system.
 *
 * Invariants:
 * - a reading is committed before anybody can send it, together with the generator state after it;
 * - `seq` of a meter starts at the Unix time of its installation in milliseconds and counts up by
 *   one, across restarts;
 * - a reading that was not acknowledged is found again, in order, after a restart.
 */
import {
  initialGeneratorState,
  type GeneratorState,
  type Injection,
} from '../../modules/meter-simulator/src/core/reading-generator.ts';
import { GroupCommit, openDatabase, type Database } from '../wire/database.ts';

const MIGRATIONS = [
  `CREATE TABLE meters (
     id TEXT PRIMARY KEY,
     connection TEXT NOT NULL CHECK (connection IN ('gateway', 'direct')),
     next_seq INTEGER NOT NULL,
     generator TEXT NOT NULL,
     switched_on INTEGER NOT NULL DEFAULT 0,
     pinned_temp REAL
   ) WITHOUT ROWID;
   CREATE TABLE readings (
     meter_id TEXT NOT NULL,
     seq INTEGER NOT NULL,
     time TEXT NOT NULL,
     temp REAL NOT NULL,
     injected TEXT CHECK (injected IN ('spike', 'dip')),
     acknowledged INTEGER NOT NULL DEFAULT 0,
     PRIMARY KEY (meter_id, seq)
   ) WITHOUT ROWID;
   CREATE INDEX unacknowledged ON readings (meter_id, seq) WHERE acknowledged = 0;`,
];

export type MeterConnection = 'gateway' | 'direct';

/** A meter as the journal knows it. */
export interface JournalMeter {
  readonly id: string;
  readonly connection: MeterConnection;
  /** State after the last committed reading. */
  readonly generator: GeneratorState;
  /** Whether the meter is to measure and transmit; survives restarts. */
  readonly switchedOn: boolean;
  /** Degrees Fahrenheit. */
  readonly pinnedTemp: number | null;
  readonly acknowledged: number;
  readonly last: { readonly time: string; readonly temp: number } | null;
}

/** A reading before it has its `seq`. */
export interface NewReading {
  readonly atMs: number;
  readonly tempF: number;
  readonly injected: Injection | null;
}

/** A reading as it travels. */
export interface JournalReading {
  readonly seq: number;
  readonly time: string;
  readonly temp: number;
}

/** Readings of one meter and its generator state after them. */
export interface JournalEntry {
  readonly meterId: string;
  readonly readings: readonly NewReading[];
  readonly generator: GeneratorState;
}

interface MeterRow {
  readonly id: string;
  readonly connection: MeterConnection;
  readonly generator: string;
  readonly switched_on: number;
  readonly pinned_temp: number | null;
}

type Statements = ReturnType<typeof prepare>;

export class Journal {
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #commits: GroupCommit;

  /** @throws DamagedDatabaseError when the file cannot be used */
  constructor(path: string) {
    this.#database = openDatabase(path, MIGRATIONS);
    this.#statements = prepare(this.#database);
    this.#commits = new GroupCommit(this.#database);
  }

  /** Makes the meter known; a meter that is known stays as it is. */
  install(
    meter: { readonly id: string; readonly connection: MeterConnection },
    atMs: number,
    seed: number,
  ): void {
    const generator = JSON.stringify(initialGeneratorState({ id: meter.id, seed }));
    this.#statements.install.run(meter.id, meter.connection, atMs, generator);
  }

  /** The meter with its counts, or `undefined` when it was never installed. */
  meter(id: string): JournalMeter | undefined {
    const row = this.#statements.meter.get(id) as MeterRow | undefined;
    if (row === undefined) return undefined;
    const last = this.#statements.last.get(id) as { time: string; temp: number } | undefined;
    const { count } = this.#statements.countAcknowledged.get(id) as { count: number };
    return {
      id: row.id,
      connection: row.connection,
      generator: JSON.parse(row.generator) as GeneratorState,
      switchedOn: row.switched_on === 1,
      pinnedTemp: row.pinned_temp,
      acknowledged: count,
      last: last ?? null,
    };
  }

  setSwitchedOn(id: string, switchedOn: boolean): void {
    this.#statements.setSwitchedOn.run(switchedOn ? 1 : 0, id);
  }

  setPinnedTemp(id: string, tempF: number | null): void {
    this.#statements.setPinnedTemp.run(tempF, id);
  }

  /** Commits the readings of any number of meters at once. On disk when it returns. */
  append(entries: readonly JournalEntry[]): void {
    this.#database.transaction(() => {
      for (const entry of entries) this.#appendEntry(entry);
    })();
  }

  #appendEntry({ meterId, readings, generator }: JournalEntry): void {
    const { next_seq: first } = this.#statements.nextSeq.get(meterId) as { next_seq: number };
    for (const [index, { atMs, tempF, injected }] of readings.entries()) {
      const time = new Date(atMs).toISOString();
      this.#statements.insert.run(meterId, first + index, time, tempF, injected);
    }
    const state = JSON.stringify(generator);
    this.#statements.advance.run(first + readings.length, state, meterId);
  }

  /** The oldest readings after `afterSeq` that nobody has acknowledged. */
  unacknowledged(meterId: string, afterSeq: number, limit: number): JournalReading[] {
    return this.#statements.unacknowledged.all(meterId, afterSeq, limit) as JournalReading[];
  }

  /** Marks readings as taken over; resolves with their number when that is on disk. */
  acknowledge(meterId: string, firstSeq: number, lastSeq: number): Promise<number> {
    return this.#commits.run(
      () => this.#statements.acknowledge.run(meterId, firstSeq, lastSeq).changes,
    );
  }

  /** Anomalies injected so far. */
  injected(): number {
    return (this.#statements.countInjected.get() as { count: number }).count;
  }

  close(): void {
    this.#database.close();
  }
}

function prepare(database: Database) {
  const unacknowledged = 'FROM readings WHERE meter_id = ? AND acknowledged = 0';
  return {
    install: database.prepare(
      `INSERT INTO meters (id, connection, next_seq, generator) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
    ),
    meter: database.prepare('SELECT * FROM meters WHERE id = ?'),
    last: database.prepare(
      'SELECT time, temp FROM readings WHERE meter_id = ? ORDER BY seq DESC LIMIT 1',
    ),
    countAcknowledged: database.prepare(
      'SELECT COUNT(*) AS count FROM readings WHERE meter_id = ? AND acknowledged = 1',
    ),
    setSwitchedOn: database.prepare('UPDATE meters SET switched_on = ? WHERE id = ?'),
    setPinnedTemp: database.prepare('UPDATE meters SET pinned_temp = ? WHERE id = ?'),
    nextSeq: database.prepare('SELECT next_seq FROM meters WHERE id = ?'),
    insert: database.prepare(
      'INSERT INTO readings (meter_id, seq, time, temp, injected) VALUES (?, ?, ?, ?, ?)',
    ),
    advance: database.prepare('UPDATE meters SET next_seq = ?, generator = ? WHERE id = ?'),
    unacknowledged: database.prepare(
      `SELECT seq, time, temp ${unacknowledged} AND seq > ? ORDER BY seq LIMIT ?`,
    ),
    acknowledge: database.prepare(
      `UPDATE readings SET acknowledged = 1
       WHERE meter_id = ? AND seq BETWEEN ? AND ? AND acknowledged = 0`,
    ),
    countInjected: database.prepare(
      'SELECT COUNT(*) AS count FROM readings WHERE injected IS NOT NULL',
    ),
  };
}
