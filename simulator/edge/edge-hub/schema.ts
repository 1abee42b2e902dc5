/** edgeHub's database, one script per version. */
import { QUEUE_SCHEMA } from './queues/queue-schema.ts';

/** Queues; sessions with their subscriptions; the device scope; twins. Bags and sections are JSON. */
export const EDGE_HUB_SCHEMA: readonly string[] = [
  `${QUEUE_SCHEMA}
  CREATE TABLE sessions (client_id TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE subscriptions (
    client_id TEXT NOT NULL,
    filter TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (client_id, filter)
  ) WITHOUT ROWID;
  CREATE TABLE scope (id TEXT PRIMARY KEY, identity TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE twins (
    id TEXT PRIMARY KEY,
    desired TEXT NOT NULL,
    reported TEXT NOT NULL,
    pending TEXT
  ) WITHOUT ROWID;`,
];
