/**
 * Identities, twins and MQTT sessions in SQLite. Every method is synchronous and takes part in the
 * transaction it is called in.
 */
import type { Database, Statement } from '../../wire/database.ts';
import { identityId, type IdentityName } from '../../wire/identity-name.ts';
import type { JsonObject, TwinSection } from '../../wire/twin-document.ts';
import { emptySection } from '../../wire/twin-document.ts';
import { identityNotFound } from './iot-hub-error.ts';
import { newEtag, type Identity, type Twin } from './identity.ts';

/** `module_id` is empty for a device itself. */
export const MIGRATIONS = [
  `CREATE TABLE identities (
     device_id TEXT NOT NULL,
     module_id TEXT NOT NULL,
     parent TEXT,
     scope TEXT,
     identity TEXT NOT NULL,
     twin TEXT NOT NULL,
     PRIMARY KEY (device_id, module_id)
   ) WITHOUT ROWID;
   CREATE INDEX identities_by_parent ON identities (parent) WHERE parent IS NOT NULL;
   CREATE INDEX identities_by_scope ON identities (scope) WHERE scope IS NOT NULL;
   CREATE TABLE sessions (client_id TEXT PRIMARY KEY) WITHOUT ROWID;
   CREATE TABLE subscriptions (
     client_id TEXT NOT NULL,
     filter TEXT NOT NULL,
     PRIMARY KEY (client_id, filter)
   ) WITHOUT ROWID;`,
  `UPDATE identities SET identity = json_set(
     identity, '$.authentication', 'sas', '$.primaryThumbprint', NULL, '$.secondaryThumbprint', NULL
   );
   CREATE TABLE certificate_authorities (
     name TEXT PRIMARY KEY,
     pem TEXT NOT NULL
   ) WITHOUT ROWID;`,
];

interface Row {
  readonly identity: string;
}

export class IdentityStore {
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database) {
    this.#statements = prepare(database);
  }

  find(name: IdentityName): Identity | undefined {
    const row = this.#statements.find.get(...keyOf(name)) as Row | undefined;
    return row && readIdentity(row);
  }

  /** @throws IotHubError DeviceNotFound, ModuleNotFound */
  get(name: IdentityName): Identity {
    const identity = this.find(name);
    if (identity === undefined) throw identityNotFound(identityId(name));
    return identity;
  }

  /** All devices, by id. */
  devices(): Identity[] {
    return this.#list(this.#statements.devices);
  }

  /** All modules of all devices, or of one. */
  modules(deviceId?: string): Identity[] {
    return deviceId === undefined
      ? this.#list(this.#statements.allModules)
      : this.#list(this.#statements.modules, deviceId);
  }

  childrenOf(deviceId: string): Identity[] {
    return this.#list(this.#statements.children, deviceId);
  }

  findByScope(scope: string): Identity | undefined {
    return this.#list(this.#statements.byScope, scope)[0];
  }

  /** Stores an identity; a new one gets an empty twin. */
  put(identity: Identity): void {
    const { parent, scope } = identity;
    const twin = JSON.stringify(newTwin());
    this.#statements.put.run(...keyOf(identity), parent, scope, JSON.stringify(identity), twin);
  }

  /** Removes an identity, a device with all its modules; children lose their parent. */
  remove(name: IdentityName): void {
    if (name.moduleId === undefined) {
      for (const child of this.childrenOf(name.deviceId)) this.put({ ...child, parent: null });
      for (const module of this.modules(name.deviceId)) this.remove(module);
    }
    this.#statements.remove.run(...keyOf(name));
    this.endSession(identityId(name));
  }

  /** @throws IotHubError DeviceNotFound, ModuleNotFound */
  twin(name: IdentityName): Twin {
    const row = this.#statements.twin.get(...keyOf(name)) as { twin: string } | undefined;
    if (row === undefined) throw identityNotFound(identityId(name));
    return JSON.parse(row.twin) as Twin;
  }

  /** Stores what has changed in a twin and returns the whole. */
  changeTwin(
    name: IdentityName,
    change: { desired?: TwinSection; reported?: TwinSection; tags?: JsonObject },
  ): Twin {
    const twin = this.twin(name);
    const changed = { ...twin, ...change, etag: newEtag(), version: twin.version + 1 };
    this.#statements.putTwin.run(JSON.stringify(changed), ...keyOf(name));
    return changed;
  }

  /** Whether a session is kept for the client, and its subscriptions. */
  session(clientId: string): { readonly present: boolean; readonly filters: readonly string[] } {
    const present = this.#statements.findSession.get(clientId) !== undefined;
    const rows = this.#statements.filters.all(clientId) as { filter: string }[];
    return { present, filters: rows.map(({ filter }) => filter) };
  }

  beginSession(clientId: string): void {
    this.#statements.beginSession.run(clientId);
  }

  endSession(clientId: string): void {
    this.#statements.unsubscribeAll.run(clientId);
    this.#statements.endSession.run(clientId);
  }

  subscribe(clientId: string, filter: string): void {
    this.#statements.subscribe.run(clientId, filter);
  }

  unsubscribe(clientId: string, filter: string): void {
    this.#statements.unsubscribe.run(clientId, filter);
  }

  #list(statement: Statement, ...values: string[]): Identity[] {
    return (statement.all(...values) as Row[]).map(readIdentity);
  }
}

function prepare(database: Database) {
  const select = (where: string) =>
    database.prepare(
      `SELECT identity FROM identities WHERE ${where} ORDER BY device_id, module_id`,
    );
  return {
    find: select('device_id = ? AND module_id = ?'),
    devices: select(`module_id = ''`),
    allModules: select(`module_id <> ''`),
    modules: select(`device_id = ? AND module_id <> ''`),
    children: select('parent = ?'),
    byScope: select('scope = ?'),
    put: database.prepare(
      `INSERT INTO identities (device_id, module_id, parent, scope, identity, twin)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET parent = excluded.parent, scope = excluded.scope,
         identity = excluded.identity`,
    ),
    remove: database.prepare('DELETE FROM identities WHERE device_id = ? AND module_id = ?'),
    twin: database.prepare('SELECT twin FROM identities WHERE device_id = ? AND module_id = ?'),
    putTwin: database.prepare(
      'UPDATE identities SET twin = ? WHERE device_id = ? AND module_id = ?',
    ),
    findSession: database.prepare('SELECT 1 FROM sessions WHERE client_id = ?'),
    filters: database.prepare('SELECT filter FROM subscriptions WHERE client_id = ?'),
    beginSession: database.prepare('INSERT OR IGNORE INTO sessions VALUES (?)'),
    endSession: database.prepare('DELETE FROM sessions WHERE client_id = ?'),
    subscribe: database.prepare('INSERT OR IGNORE INTO subscriptions VALUES (?, ?)'),
    unsubscribe: database.prepare('DELETE FROM subscriptions WHERE client_id = ? AND filter = ?'),
    unsubscribeAll: database.prepare('DELETE FROM subscriptions WHERE client_id = ?'),
  };
}

function keyOf({ deviceId, moduleId }: IdentityName): [string, string] {
  return [deviceId, moduleId ?? ''];
}

function readIdentity({ identity }: Row): Identity {
  return JSON.parse(identity) as Identity;
}

function newTwin(): Twin {
  const section = emptySection(new Date());
  return { desired: section, reported: section, tags: {}, etag: newEtag(), version: 1 };
}
