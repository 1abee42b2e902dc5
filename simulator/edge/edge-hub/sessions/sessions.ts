/**
 * MQTT sessions and their subscriptions.
 *
 * Invariants:
 * - a session begun with clean=false keeps its subscriptions over disconnects and restarts;
 * - one begun with clean=true has none of an earlier session and leaves none behind.
 */
import { GroupCommit, type Database, type Statement } from '../../../wire/database.ts';
import type { SubscriptionKind } from '../../../wire/mqtt-topics.ts';

interface Subscription {
  readonly filter: string;
  readonly kind: SubscriptionKind;
}

interface Session {
  readonly durable: boolean;
  readonly subscriptions: Map<string, SubscriptionKind>;
}

interface SessionStatements {
  readonly insertSession: Statement;
  readonly deleteSession: Statement;
  readonly insertSubscription: Statement;
  readonly deleteSubscription: Statement;
  readonly deleteSubscriptions: Statement;
}

export class Sessions {
  readonly #commits: GroupCommit;
  readonly #statements: SessionStatements;
  readonly #sessions = new Map<string, Session>();

  constructor(database: Database) {
    this.#commits = new GroupCommit(database);
    this.#statements = {
      insertSession: database.prepare('INSERT OR IGNORE INTO sessions VALUES (?)'),
      deleteSession: database.prepare('DELETE FROM sessions WHERE client_id = ?'),
      insertSubscription: database.prepare('INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?)'),
      deleteSubscription: database.prepare(
        'DELETE FROM subscriptions WHERE client_id = ? AND filter = ?',
      ),
      deleteSubscriptions: database.prepare('DELETE FROM subscriptions WHERE client_id = ?'),
    };
    this.#load(database);
  }

  #load(database: Database): void {
    const ids = database.prepare('SELECT client_id FROM sessions').pluck().all() as string[];
    for (const id of ids) this.#sessions.set(id, { durable: true, subscriptions: new Map() });
    const rows = database
      .prepare('SELECT client_id AS id, filter, kind FROM subscriptions')
      .all() as (Subscription & { id: string })[];
    for (const { id, filter, kind } of rows)
      this.#sessions.get(id)?.subscriptions.set(filter, kind);
  }

  /** Begins or resumes the client's session; resolves with whether there was one to resume. */
  async begin(clientId: string, cleanSession: boolean): Promise<boolean> {
    const known = this.#sessions.get(clientId);
    if (!cleanSession && known?.durable) return true;
    this.#sessions.set(clientId, { durable: !cleanSession, subscriptions: new Map() });
    await this.#commits.run(() => {
      this.#statements.deleteSubscriptions.run(clientId);
      if (cleanSession) this.#statements.deleteSession.run(clientId);
      else this.#statements.insertSession.run(clientId);
    });
    return false;
  }

  has(clientId: string, kind: SubscriptionKind): boolean {
    return this.kinds(clientId).has(kind);
  }

  /** What the client has subscribed to. */
  kinds(clientId: string): ReadonlySet<SubscriptionKind> {
    return new Set(this.#sessions.get(clientId)?.subscriptions.values());
  }

  /** Resolves when the subscriptions are on disk. */
  async subscribe(clientId: string, added: readonly Subscription[]): Promise<void> {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return;
    for (const { filter, kind } of added) session.subscriptions.set(filter, kind);
    if (!session.durable) return;
    await this.#commits.run(() => {
      for (const { filter, kind } of added) {
        this.#statements.insertSubscription.run(clientId, filter, kind);
      }
    });
  }

  async unsubscribe(clientId: string, filters: readonly string[]): Promise<void> {
    const session = this.#sessions.get(clientId);
    for (const filter of filters) session?.subscriptions.delete(filter);
    await this.#commits.run(() => {
      for (const filter of filters) this.#statements.deleteSubscription.run(clientId, filter);
    });
  }
}
