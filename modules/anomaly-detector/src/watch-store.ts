/** The detector's state on disk: one row for each meter. */
import { z } from 'zod';
import type { Database, Statement } from '../../shared/src/database.ts';
import type { MeterWatchState } from './core/meter-watch.ts';

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

const State = z.object({
  order: z.object({
    next: z.int().nullable(),
    held: z.array(z.object({ time: z.string(), atMs: z.number(), temp: z.number(), seq: z.int() })),
    skipped: z.array(z.int()),
  }),
  lastScored: z.object({ atMs: z.number(), temp: z.number() }).nullable(),
  recent: z.array(z.tuple([z.string(), z.number()])),
  intervalMs: z.number().default(0),
  sinceAnomaly: z.int().nullable().default(null),
  variant: z.enum(['steps', 'robust', 'parity']).default('robust'),
});
const Row = z.object({ id: z.string(), state: z.string(), memory: z.instanceof(Uint8Array) });

export class WatchStore {
  readonly #database: Database;
  readonly #write: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#write = database.prepare(
      `INSERT INTO meters (id, state, memory) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET state = excluded.state, memory = excluded.memory`,
    );
  }

  meters(): { id: string; state: MeterWatchState }[] {
    return this.#database
      .prepare('SELECT id, state, memory FROM meters')
      .all()
      .map((row) => {
        const { id, state, memory } = Row.parse(row);
        const { variant, ...rest } = State.parse(JSON.parse(state));
        return { id, state: { ...rest, detector: { variant, numbers: numbersOf(memory) } } };
      });
  }

  write(id: string, { detector, ...state }: MeterWatchState): void {
    const { variant, numbers } = detector;
    const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    this.#write.run(id, JSON.stringify({ ...state, variant }), bytes);
  }
}

/** Copied: SQLite's bytes need not lie where a number may begin. */
function numbersOf(bytes: Uint8Array): Float64Array {
  return new Float64Array(Uint8Array.from(bytes).buffer);
}
