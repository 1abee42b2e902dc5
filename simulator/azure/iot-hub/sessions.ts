/**
 * Who is connected, and what each client has subscribed to.
 *
 * Invariants:
 * - a subscription is on disk before it is granted, unless the client asked for a clean session;
 * - a client that comes back without `cleanSession` has the subscriptions it had before.
 */
import type { GroupCommit } from '../../wire/database.ts';
import { identityId, type IdentityName } from '../../wire/identity-name.ts';
import type { MqttConnection } from '../../wire/mqtt-front/types.ts';
import { parseSubscription, type SubscriptionKind } from '../../wire/mqtt-topics.ts';
import type { AuthenticationType } from './identity.ts';
import type { IdentityStore } from './identity-store.ts';

/** A connected device or module. */
export interface HubClient {
  readonly name: IdentityName;
  readonly generationId: string;
  readonly authentication: AuthenticationType;
  readonly cleanSession: boolean;
  readonly subscriptions: Set<SubscriptionKind>;
  /** When its SAS token or its certificate expires. */
  readonly expiresMs: number;
}

export type HubConnection = MqttConnection<HubClient>;

/** The longest that `setTimeout` can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class Sessions {
  readonly #store: IdentityStore;
  readonly #commits: GroupCommit;
  readonly #connections = new Map<string, HubConnection>();
  readonly #expiryTimers = new Map<HubConnection, NodeJS.Timeout>();
  readonly #lastActivityMs = new Map<string, number>();
  readonly #changeListeners = new Set<() => void>();

  constructor(store: IdentityStore, commits: GroupCommit) {
    this.#store = store;
    this.#commits = commits;
  }

  /** Begins or resumes the session; returns what the client is subscribed to. */
  async resume(
    name: IdentityName,
    cleanSession: boolean,
  ): Promise<{ present: boolean; subscriptions: Set<SubscriptionKind> }> {
    const id = identityId(name);
    const session = await this.#commits.run(() => {
      if (cleanSession) this.#store.endSession(id);
      const found = this.#store.session(id);
      if (!cleanSession) this.#store.beginSession(id);
      return found;
    });
    const kinds = session.filters.map((filter) => parseSubscription(filter, name));
    const subscriptions = new Set(kinds.filter((kind) => kind !== undefined));
    return { present: session.present, subscriptions };
  }

  add(connection: HubConnection): void {
    this.#connections.set(connection.clientId, connection);
    this.touch(connection.clientId);
    this.#closeAtExpiry(connection);
    this.#changed();
  }

  remove(connection: HubConnection): void {
    clearTimeout(this.#expiryTimers.get(connection));
    this.#expiryTimers.delete(connection);
    if (this.#connections.get(connection.clientId) !== connection) return;
    this.#connections.delete(connection.clientId);
    this.#changed();
  }

  /** The live connection of an identity. */
  find(name: IdentityName): HubConnection | undefined {
    return this.#connections.get(identityId(name));
  }

  close(name: IdentityName, reason: string): void {
    this.find(name)?.close(reason);
  }

  /** Takes note that the client has just been heard. */
  touch(clientId: string): void {
    this.#lastActivityMs.set(clientId, Date.now());
  }

  /** Null when it has not been heard since the hub was started. */
  lastActivityMs(name: IdentityName): number | null {
    return this.#lastActivityMs.get(identityId(name)) ?? null;
  }

  async subscribe(connection: HubConnection, filter: string): Promise<boolean> {
    const { name, cleanSession, subscriptions } = connection.identity;
    const kind = parseSubscription(filter, name);
    if (kind === undefined) return false;
    if (!cleanSession && !subscriptions.has(kind)) {
      await this.#commits.run(() => this.#store.subscribe(identityId(name), filter));
    }
    subscriptions.add(kind);
    this.#changed();
    return true;
  }

  async unsubscribe(connection: HubConnection, filter: string): Promise<void> {
    const { name, subscriptions } = connection.identity;
    const kind = parseSubscription(filter, name);
    if (kind === undefined) return;
    subscriptions.delete(kind);
    await this.#commits.run(() => this.#store.unsubscribe(identityId(name), filter));
  }

  /** The connection of an identity once it is subscribed; undefined when that takes too long. */
  async waitForSubscription(
    name: IdentityName,
    kind: SubscriptionKind,
    timeoutMs: number,
  ): Promise<HubConnection | undefined> {
    const endMs = performance.now() + timeoutMs;
    for (;;) {
      const connection = this.find(name);
      if (connection?.identity.subscriptions.has(kind) === true) return connection;
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) return undefined;
      await this.#nextChange(leftMs);
    }
  }

  #nextChange(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const listener = () => {
        clearTimeout(timer);
        this.#changeListeners.delete(listener);
        resolve();
      };
      const timer = setTimeout(listener, timeoutMs);
      this.#changeListeners.add(listener);
    });
  }

  #changed(): void {
    for (const listener of this.#changeListeners) listener();
  }

  #closeAtExpiry(connection: HubConnection): void {
    const leftMs = connection.identity.expiresMs - Date.now();
    const expire = () => {
      if (Date.now() < connection.identity.expiresMs) this.#closeAtExpiry(connection);
      else connection.close('its token or certificate has expired');
    };
    const timer = setTimeout(expire, Math.max(0, Math.min(leftMs, MAX_TIMER_MS)));
    this.#expiryTimers.set(connection, timer);
  }
}
