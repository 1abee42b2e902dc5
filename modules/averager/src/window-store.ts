/** The averager's state on disk: each meter's latest instant and its windows. */
import { z } from 'zod';
import type { Database, Statement } from '../../shared/src/database.ts';
import type { ChangedWindow } from './core/tumbling-averages.ts';
import type { WindowState } from './core/window.ts';

export const AVERAGER_SCHEMA = `
  CREATE TABLE meters (id TEXT PRIMARY KEY, latest_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE windows (
    meter_id TEXT NOT NULL,
    window_end_ms INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (meter_id, window_end_ms)
  ) WITHOUT ROWID;
  CREATE INDEX changed_windows ON windows (changed) WHERE changed = 1;
`;

const State = z.object({
  windowMs: z.number(),
  count: z.int(),
  minimum: z.number(),
  maximum: z.number(),
  sum: z.array(z.number()),
  sequences: z.array(z.int()),
  others: z.array(z.string()),
  issued: z.int(),
  changed: z.boolean(),
});
const Meter = z.object({ id: z.string(), latestMs: z.number() });
const Changed = z.object({ id: z.string(), windowEndMs: z.number(), state: z.string() });

export class WindowStore {
  readonly #database: Database;
  readonly #load: Statement;
  readonly #writeWindow: Statement;
  readonly #writeMeter: Statement;
  readonly #forget: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#load = database
      .prepare('SELECT state FROM windows WHERE meter_id = ? AND window_end_ms = ?')
      .pluck();
    this.#writeWindow = database.prepare(
      `INSERT INTO windows (meter_id, window_end_ms, changed, state) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET changed = excluded.changed, state = excluded.state`,
    );
    this.#writeMeter = database.prepare(
      `INSERT INTO meters (id, latest_ms) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET latest_ms = excluded.latest_ms`,
    );
    this.#forget = database.prepare(
      'DELETE FROM windows WHERE meter_id = ? AND window_end_ms <= ? AND changed = 0',
    );
  }

  load(id: string, windowEndMs: number): WindowState | undefined {
    const text: unknown = this.#load.get(id, windowEndMs);
    return typeof text === 'string' ? parseState(text) : undefined;
  }

  meters(): { id: string; latestMs: number }[] {
    const rows = this.#database.prepare('SELECT id, latest_ms AS latestMs FROM meters').all();
    return rows.map((row) => Meter.parse(row));
  }

  /** Windows with readings that no result has. */
  changedWindows(): ChangedWindow[] {
    const rows = this.#database
      .prepare(
        `SELECT meter_id AS id, window_end_ms AS windowEndMs, state FROM windows WHERE changed = 1`,
      )
      .all();
    return rows.map((row) => {
      const { id, windowEndMs, state } = Changed.parse(row);
      return { id, windowEndMs, state: parseState(state) };
    });
  }

  writeWindow({ id, windowEndMs, state }: ChangedWindow): void {
    this.#writeWindow.run(id, windowEndMs, Number(state.changed), JSON.stringify(state));
  }

  writeMeter(id: string, latestMs: number): void {
    this.#writeMeter.run(id, latestMs);
  }

  /** Forgets a meter's issued windows up to an instant. */
  forget(id: string, upToMs: number): void {
    this.#forget.run(id, upToMs);
  }
}

function parseState(text: string): WindowState {
  return State.parse(JSON.parse(text));
}
