/** The clients that are connected right now. */
import type { IdentityName } from '../../wire/identity-name.ts';
import { identityId } from '../../wire/identity-name.ts';
import type { MqttConnection } from '../../wire/mqtt-front/types.ts';
import type { HubIdentity } from './identities/authenticator.ts';

export type ClientConnection = MqttConnection<HubIdentity>;

export class Clients {
  readonly #connections = new Map<string, ClientConnection>();

  add(connection: ClientConnection): void {
    this.#connections.set(connection.clientId, connection);
  }

  /** False when a newer connection of the client has taken its place. */
  remove(connection: ClientConnection): boolean {
    if (this.#connections.get(connection.clientId) !== connection) return false;
    return this.#connections.delete(connection.clientId);
  }

  get(name: IdentityName): ClientConnection | undefined {
    return this.#connections.get(identityId(name));
  }

  all(): ClientConnection[] {
    return [...this.#connections.values()];
  }
}
