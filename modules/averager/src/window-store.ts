/**
 * The averager's state on disk: each meter's latest instant and its windows.
 *
 * Windows lie in the order of their ends, so that those of one time share pages: they are written
 * together, and forgotten together when they are the oldest.
 */
import { z } from 'zod';
import type { Database, Statement } from '../../shared/src/database.ts';
import { stored, storedJson } from '../../shared/src/stored.ts';
import type { ChangedWindow, MeterState, StoredMeter } from './core/meters-on-disk.ts';
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

/** Windows by their ends instead of by their meters, and in half the bytes. */
export const WINDOWS_BY_END = `
  ALTER TABLE meters ADD COLUMN newest_end_ms INTEGER NOT NULL DEFAULT 0;
  UPDATE meters SET newest_end_ms = COALESCE(
    (SELECT MAX(window_end_ms) FROM windows WHERE meter_id = meters.id), latest_ms);
  ALTER TABLE windows RENAME TO windows_by_meter;
  CREATE TABLE windows (
    window_end_ms INTEGER NOT NULL,
    meter_id TEXT NOT NULL,
    changed INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (window_end_ms, meter_id)
  ) WITHOUT ROWID;
  INSERT INTO windows SELECT window_end_ms, meter_id, changed, json_array(
    state -> '$.windowMs', state -> '$.count', state -> '$.minimum', state -> '$.maximum',
    state -> '$.sum', state -> '$.sequences', state -> '$.others', state -> '$.issued'
  ) FROM windows_by_meter;
  DROP TABLE windows_by_meter;
  CREATE INDEX changed_windows ON windows (changed) WHERE changed = 1;
`;

/** Windows with readings that no result has, by their meters. */
export const CHANGED_BY_METER = `
  DROP INDEX changed_windows;
  CREATE INDEX changed_by_meter ON windows (meter_id) WHERE changed = 1;
`;

const State = z.tuple([
  z.number(),
  z.int(),
  z.number(),
  z.number(),
  z.array(z.number()),
  z.array(z.int()),
  z.array(z.string()),
  z.int(),
]);
const Meter = z.object({ id: z.string(), latestMs: z.number(), newestEndMs: z.number() });
const Stored = z.object({ state: z.string(), changed: z.int() });
const Changed = Stored.extend({ windowEndMs: z.number() });
const Place = z.object({ id: z.string(), windowEndMs: z.number() });
const Aged = Place.extend({ changed: z.int(), latestMs: z.number() });

/** A window as it is written. */
export interface WindowRow extends WindowPlace {
  readonly changed: boolean;
  readonly state: string;
}

/** Where a window lies among all windows. */
export interface WindowPlace {
  readonly windowEndMs: number;
  readonly id: string;
}

/** A place before all windows. */
export const BEFORE_ALL: WindowPlace = { windowEndMs: Number.MIN_SAFE_INTEGER, id: '' };

export class WindowStore {
  readonly #database: Database;
  readonly #load: Statement;
  readonly #meter: Statement;
  readonly #changed: Statement;
  readonly #writeWindow: Statement;
  readonly #writeMeter: Statement;
  readonly #forget: Statement;
  readonly #oldest: Statement;
  readonly #forgetOldest: Statement;
  readonly #after: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#load = database.prepare(
      'SELECT state, changed FROM windows WHERE window_end_ms = ? AND meter_id = ?',
    );
    this.#meter = database.prepare(
      'SELECT id, latest_ms AS latestMs, newest_end_ms AS newestEndMs FROM meters WHERE id = ?',
    );
    this.#changed = database.prepare(
      `SELECT window_end_ms AS windowEndMs, changed, state FROM windows
       WHERE meter_id = ? AND changed = 1`,
    );
    this.#writeWindow = database.prepare(
      `INSERT INTO windows (window_end_ms, meter_id, changed, state) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET changed = excluded.changed, state = excluded.state`,
    );
    this.#writeMeter = database.prepare(
      `INSERT INTO meters (id, latest_ms, newest_end_ms) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE
       SET latest_ms = excluded.latest_ms, newest_end_ms = excluded.newest_end_ms`,
    );
    this.#forget = database.prepare('DELETE FROM windows WHERE window_end_ms = ? AND meter_id = ?');
    this.#oldest = database.prepare(
      `SELECT window_end_ms AS windowEndMs, meter_id AS id FROM windows WHERE changed = 0
       ORDER BY window_end_ms, meter_id LIMIT ?`,
    );
    this.#forgetOldest = database.prepare(
      'DELETE FROM windows WHERE (window_end_ms, meter_id) <= (?, ?) AND changed = 0',
    );
    this.#after = database.prepare(
      `SELECT window_end_ms AS windowEndMs, meter_id AS id, changed, latest_ms AS latestMs
       FROM windows CROSS JOIN meters ON meters.id = meter_id
       WHERE (window_end_ms, meter_id) > (?, ?) AND window_end_ms <= ?
       ORDER BY window_end_ms, meter_id LIMIT ?`,
    );
  }

  window(id: string, windowEndMs: number): WindowState | undefined {
    const row: unknown = this.#load.get(windowEndMs, id);
    return row === undefined ? undefined : stateOf(stored(Stored, row));
  }

  /** The meter and those of its windows that have readings no result has. */
  meter(id: string): StoredMeter | undefined {
    const row: unknown = this.#meter.get(id);
    if (row === undefined) return undefined;
    const changed = this.#changed.all(id).map((window) => {
      const { windowEndMs, ...fields } = stored(Changed, window);
      return { id, windowEndMs, state: stateOf(fields) };
    });
    return { state: stored(Meter, row), changed };
  }

  /** Ids of the meters that have windows with readings no result has. */
  changedMeters(): string[] {
    return this.#database
      .prepare('SELECT DISTINCT meter_id FROM windows WHERE changed = 1')
      .pluck()
      .all()
      .map(String);
  }

  /** Event time of the latest reading of all meters; undefined before the first. */
  latestMs(): number | undefined {
    const latestMs: unknown = this.#database
      .prepare('SELECT MAX(latest_ms) FROM meters')
      .pluck()
      .get();
    return typeof latestMs === 'number' ? latestMs : undefined;
  }

  writeWindow({ windowEndMs, id, changed, state }: WindowRow): void {
    this.#writeWindow.run(windowEndMs, id, Number(changed), state);
  }

  writeMeter({ id, latestMs, newestEndMs }: MeterState): void {
    this.#writeMeter.run(id, latestMs, newestEndMs);
  }

  /** Forgets so many issued windows, the oldest; the place of the last of them, or undefined. */
  forgetOldest(count: number): WindowPlace | undefined {
    const row = this.#oldest.all(count).at(-1);
    if (row === undefined) return undefined;
    const last = stored(Place, row);
    this.#forgetOldest.run(last.windowEndMs, last.id);
    return last;
  }

  /**
   * Looks at so many windows after a place and forgets the issued ones whose meter's latest reading
   * is the horizon ahead of them.
   *
   * @returns the place of the last one looked at; undefined at the end of those up to `upToMs`
   */
  forgetExpired(
    after: WindowPlace,
    { upToMs, horizonMs, count }: { upToMs: number; horizonMs: number; count: number },
  ): WindowPlace | undefined {
    const rows = this.#after.all(after.windowEndMs, after.id, upToMs, count);
    const windows = rows.map((row) => stored(Aged, row));
    for (const { windowEndMs, id, changed, latestMs } of windows) {
      if (changed === 0 && windowEndMs <= latestMs - horizonMs) this.#forget.run(windowEndMs, id);
    }
    return windows.length < count ? undefined : windows.at(-1);
  }
}

/** A window in the form in which it is written. */
export function windowRow({ id, windowEndMs, state }: ChangedWindow): WindowRow {
  const { windowMs, count, minimum, maximum, sum, sequences, others, issued, changed } = state;
  const numbers = [windowMs, count, minimum, maximum, sum, sequences, others, issued];
  return { id, windowEndMs, changed, state: JSON.stringify(numbers) };
}

function stateOf({ state, changed }: z.infer<typeof Stored>): WindowState {
  const [windowMs, count, minimum, maximum, sum, sequences, others, issued] = stored(
    State,
    storedJson(state),
  );
  return {
    windowMs,
    count,
    minimum,
    maximum,
    sum,
    sequences,
    others,
    issued,
    changed: changed === 1,
  };
}
