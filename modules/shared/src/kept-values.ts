import type { Database, Statement } from './database.ts';
import { storedJson } from './stored.ts';

/** Small named values on disk: the good configuration, the counters. */
export class KeptValues {
  readonly #read: Statement;
  readonly #write: Statement;

  constructor(database: Database) {
    this.#read = database.prepare('SELECT value FROM kept WHERE name = ?').pluck();
    this.#write = database.prepare(
      'INSERT INTO kept (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
  }

  /** The value as it was kept, or undefined. */
  read(name: string): unknown {
    const text: unknown = this.#read.get(name);
    return typeof text === 'string' ? storedJson(text) : undefined;
  }

  write(name: string, value: unknown): void {
    this.#write.run(name, JSON.stringify(value));
  }
}
