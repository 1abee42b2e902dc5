/** The detector's state on disk: one row for each meter. */
import { z } from 'zod';
import type { Database, Statement } from '../../shared/src/database.ts';
import { stored, storedJson } from '../../shared/src/stored.ts';
import type { MeterWatchState } from './core/meter-watch.ts';
import { storedRecentReadings, StoredRecentReadings } from './recent-readings.ts';

export const DETECTOR_SCHEMA = `
  CREATE TABLE meters (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    history BLOB NOT NULL
  ) WITHOUT ROWID;
`;

/** Since there is more than one kind of detector; what an older one had learnt is learnt anew. */
export const DETECTOR_MEMORY = `
  ALTER TABLE meters RENAME COLUMN history TO memory;
  UPDATE meters SET memory = x'';
`;

/**
 * Rows lie in the order in which meters came, with all of a meter in one page, and tell which meters
 * wait for a reading that must come first.
 */
export const DETECTOR_WAITING = `
  ALTER TABLE meters RENAME TO meters_by_id;
  CREATE TABLE meters (
    id TEXT NOT NULL UNIQUE,
    is_waiting INTEGER NOT NULL,
    state TEXT NOT NULL,
    memory BLOB NOT NULL
  );
  INSERT INTO meters
    SELECT id, json_array_length(state, '$.order.held') > 0, state, memory FROM meters_by_id;
  DROP TABLE meters_by_id;
  CREATE INDEX waiting_meters ON meters (is_waiting) WHERE is_waiting = 1;
`;

/**
 * Times are numbers. Older rows are read as they are, but an older program would take a new one for
 * damage, and forget what all meters taught it.
 */
export const DETECTOR_TIMES = '-- The tables are the same.';

const State = z.object({
  order: z.object({
    next: z.int().nullable(),
    held: z.array(z.object({ time: z.string(), atMs: z.number(), temp: z.number(), seq: z.int() })),
    skipped: z.array(z.int()),
  }),
  lastScored: z.object({ atMs: z.number(), temp: z.number() }).nullable(),
  recent: StoredRecentReadings,
  intervalMs: z.number().default(0),
  sinceAnomaly: z.int().nullable().default(null),
  variant: z.enum(['steps', 'robust', 'parity']).default('robust'),
});
const Memory = z
  .instanceof(Uint8Array)
  .refine(({ byteLength }) => byteLength % Float64Array.BYTES_PER_ELEMENT === 0, 'not numbers');
const Row = z.object({ id: z.string(), state: z.string(), memory: Memory });

/** A meter as it is stored. */
export interface StoredWatch {
  readonly id: string;
  readonly state: MeterWatchState;
}

export class WatchStore {
  readonly #write: Statement;
  readonly #read: Statement;
  readonly #waiting: Statement;

  constructor(database: Database) {
    this.#write = database.prepare(
      `INSERT INTO meters (id, is_waiting, state, memory) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET
         is_waiting = excluded.is_waiting, state = excluded.state, memory = excluded.memory`,
    );
    this.#read = database.prepare('SELECT id, state, memory FROM meters WHERE id = ?');
    this.#waiting = database.prepare('SELECT id, state, memory FROM meters WHERE is_waiting = 1');
  }

  /** The meter's state; undefined of one that was never written. */
  read(id: string): MeterWatchState | undefined {
    const row: unknown = this.#read.get(id);
    return row === undefined ? undefined : storedWatch(row).state;
  }

  /** Meters that wait for a reading that must come first. */
  waiting(): StoredWatch[] {
    return this.#waiting.all().map(storedWatch);
  }

  write(id: string, { detector, recent: readings, ...state }: MeterWatchState): void {
    const { variant, numbers } = detector;
    const recent = storedRecentReadings(readings);
    const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    const isWaiting = Number(state.order.held.length > 0);
    this.#write.run(id, isWaiting, JSON.stringify({ ...state, recent, variant }), bytes);
  }
}

function storedWatch(row: unknown): StoredWatch {
  const { id, state, memory } = stored(Row, row);
  const { variant, ...rest } = stored(State, storedJson(state));
  return { id, state: { ...rest, detector: { variant, numbers: numbersOf(memory) } } };
}

/** Copied: SQLite's bytes need not lie where a number may begin. */
function numbersOf(bytes: Uint8Array): Float64Array {
  return new Float64Array(Uint8Array.from(bytes).buffer);
}
