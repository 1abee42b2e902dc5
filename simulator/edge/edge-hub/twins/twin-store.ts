/**
 * Twins as edgeHub knows them, on disk.
 *
 * Invariant: reported properties that IoT Hub has not confirmed are in `pending` until it has.
 */
import { GroupCommit, type Database, type Statement } from '../../../wire/database.ts';
import type { JsonObject, TwinSection } from '../../../wire/twin-document.ts';

/** A twin's two sections, and the merge patch that IoT Hub does not have yet. */
export interface StoredTwin {
  readonly desired: TwinSection;
  readonly reported: TwinSection;
  readonly pending: JsonObject | undefined;
}

/** Version 0 is older than anything IoT Hub has. */
export const EMPTY_SECTION: TwinSection = { version: 0, properties: {}, metadata: {} };

const EMPTY: StoredTwin = { desired: EMPTY_SECTION, reported: EMPTY_SECTION, pending: undefined };

export class TwinStore {
  readonly #commits: GroupCommit;
  readonly #write: Statement;
  readonly #twins = new Map<string, StoredTwin>();

  constructor(database: Database) {
    this.#commits = new GroupCommit(database);
    this.#write = database.prepare('INSERT OR REPLACE INTO twins VALUES (?, ?, ?, ?)');
    const rows = database.prepare('SELECT id, desired, reported, pending FROM twins').all();
    for (const row of rows as Record<'id' | 'desired' | 'reported' | 'pending', string | null>[]) {
      const section = (text: string | null) => JSON.parse(text ?? '') as TwinSection;
      this.#twins.set(row.id ?? '', {
        desired: section(row.desired),
        reported: section(row.reported),
        pending: row.pending === null ? undefined : (JSON.parse(row.pending) as JsonObject),
      });
    }
  }

  has(id: string): boolean {
    return this.#twins.has(id);
  }

  get(id: string): StoredTwin {
    return this.#twins.get(id) ?? EMPTY;
  }

  /** Resolves when the change is on disk. */
  async update(id: string, change: Partial<StoredTwin>): Promise<StoredTwin> {
    const twin = { ...this.get(id), ...change };
    this.#twins.set(id, twin);
    const pending = twin.pending === undefined ? null : JSON.stringify(twin.pending);
    const texts = [JSON.stringify(twin.desired), JSON.stringify(twin.reported), pending];
    await this.#commits.run(() => this.#write.run(id, ...texts));
    return twin;
  }
}
