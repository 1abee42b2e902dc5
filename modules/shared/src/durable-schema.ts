/** Tables that every durable module has; its own follow as later schema versions. */
export const DURABLE_SCHEMA = `
  CREATE TABLE outbox (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    priority INTEGER NOT NULL,
    output TEXT NOT NULL,
    message_id TEXT NOT NULL,
    properties TEXT NOT NULL,
    body TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    appended_ms INTEGER NOT NULL
  );
  CREATE INDEX outbox_by_priority ON outbox (priority, row);
  CREATE TABLE quarantine (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    input TEXT NOT NULL,
    sender TEXT NOT NULL,
    reason TEXT NOT NULL,
    body TEXT NOT NULL
  );
  CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;
