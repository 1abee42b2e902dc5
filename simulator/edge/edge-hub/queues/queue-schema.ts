/** The tables of the queues and the statements over them. */
import type { Database, Statement } from '../../../wire/database.ts';

/** Migrations of the edgeHub's queues. */
export const QUEUE_SCHEMA = `
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    properties TEXT NOT NULL,
    system_properties TEXT NOT NULL,
    body BLOB NOT NULL
  );
  CREATE TABLE queues (
    endpoint TEXT NOT NULL,
    priority INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    expires_ms INTEGER,
    PRIMARY KEY (endpoint, priority, message_id)
  ) WITHOUT ROWID;
  CREATE INDEX queues_by_message ON queues (message_id);
`;

/** One message in one queue; the bags are JSON. */
export interface QueueRow {
  readonly id: number;
  readonly expiresMs: number | null;
  readonly properties: string;
  readonly systemProperties: string;
  readonly body: Buffer;
}

export interface QueuePosition {
  readonly endpoint: string;
  readonly priority: number;
  /** Rows after this id. */
  readonly cursor: number;
  readonly limit: number;
}

export interface QueueStatements {
  /** id, properties, system properties, body. */
  readonly insertMessage: Statement;
  /** endpoint, priority, id, expiry. */
  readonly insertReference: Statement;
  /** endpoint, priority, id. */
  readonly deleteReference: Statement;
  /** id, id: removes the message when no queue holds it. */
  readonly deleteUnreferenced: Statement;
  next(position: QueuePosition): QueueRow[];
  lastId(): number;
  lengths(): { endpoint: string; priority: number; queued: number }[];
}

export function queueStatements(database: Database): QueueStatements {
  const next = database.prepare(`
    SELECT id, expires_ms AS expiresMs, properties, system_properties AS systemProperties, body
    FROM queues JOIN messages ON id = message_id
    WHERE endpoint = @endpoint AND priority = @priority AND message_id > @cursor
    ORDER BY message_id LIMIT @limit`);
  const all = (sql: string) => database.prepare(sql).all();
  return {
    insertMessage: database.prepare('INSERT INTO messages VALUES (?, ?, ?, ?)'),
    insertReference: database.prepare('INSERT INTO queues VALUES (?, ?, ?, ?)'),
    deleteReference: database.prepare(
      'DELETE FROM queues WHERE endpoint = ? AND priority = ? AND message_id = ?',
    ),
    deleteUnreferenced: database.prepare(
      'DELETE FROM messages WHERE id = ? AND NOT EXISTS (SELECT 1 FROM queues WHERE message_id = ?)',
    ),
    next: (position) => next.all(position) as QueueRow[],
    lastId: () => {
      const [row] = all('SELECT coalesce(max(id), 0) AS id FROM messages') as { id: number }[];
      return row?.id ?? 0;
    },
    lengths: () =>
      all(
        'SELECT endpoint, priority, count(*) AS queued FROM queues GROUP BY endpoint, priority',
      ) as ReturnType<QueueStatements['lengths']>,
  };
}
