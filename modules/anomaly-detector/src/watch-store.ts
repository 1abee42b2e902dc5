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

const State = z.object({
  order: z.object({
    next: z.int().nullable(),
    held: z.array(z.object({ time: z.string(), atMs: z.number(), temp: z.number(), seq: z.int() })),
    skipped: z.array(z.int()),
  }),
  lastScored: z.object({ atMs: z.number(), temp: z.number() }).nullable(),
  recent: z.array(z.tuple([z.string(), z.number()])),
});
const Row = z.object({ id: z.string(), state: z.string(), history: z.instanceof(Uint8Array) });

export class WatchStore {
  readonly #database: Database;
  readonly #write: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#write = database.prepare(
      `INSERT INTO meters (id, state, history) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET state = excluded.state, history = excluded.history`,
    );
  }

  meters(): { id: string; state: MeterWatchState }[] {
    return this.#database
      .prepare('SELECT id, state, history FROM meters')
      .all()
      .map((row) => {
        const { id, state, history } = Row.parse(row);
        return { id, state: { ...State.parse(JSON.parse(state)), history: floatsOf(history) } };
      });
  }

  write(id: string, { history, ...state }: MeterWatchState): void {
    const bytes = Buffer.from(history.buffer, history.byteOffset, history.byteLength);
    this.#write.run(id, JSON.stringify(state), bytes);
  }
}

/** Copied: SQLite's bytes need not lie where a float may begin. */
function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
