/**
 * Decides on a CONNECT, with the keys of the device scope and without asking the cloud.
 *
 * Source: Azure/iotedge, edge-hub, Mqtt/DeviceIdentityProvider.cs and
 * CloudProxy/authenticators/TokenCacheAuthenticator.cs.
 */
import {
  identityId,
  identityResource,
  parseMqttUsername,
  type IdentityName,
} from '../../../wire/identity-name.ts';
import type { MqttConnect } from '../../../wire/mqtt-front/types.ts';
import { parseSasToken, verifySasToken, type SasToken } from '../../../wire/sas-token.ts';
import type { DeviceScope } from './device-scope.ts';

/** Who is connected, and until when its token is good. */
export interface HubIdentity extends IdentityName {
  readonly tokenExpiryMs: number;
  readonly cleanSession: boolean;
}

export type Authentication =
  | { readonly accepted: true; readonly identity: HubIdentity }
  | { readonly accepted: false; readonly returnCode: 3 | 5; readonly reason: string };

export interface AuthenticatorOptions {
  readonly scope: DeviceScope;
  readonly hubHostName: string;
  /** Host names that tokens may name instead of the hub's. */
  readonly gatewayHostNames: readonly string[];
  readonly now: () => number;
}

const NOT_AUTHORIZED = 5;
const UNAVAILABLE = 3;

export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Verifies a client; an unknown one makes the scope be fetched again first. */
  async authenticate(request: MqttConnect): Promise<Authentication> {
    const first = this.#check(request);
    if (first.accepted) return first;
    try {
      await this.#options.scope.refreshInTurn();
    } catch {
      // Without the hub the scope that is known decides.
      if (!this.#options.scope.isKnown) {
        const reason = 'the device scope was never fetched, and IoT Hub cannot be reached';
        return { accepted: false, returnCode: UNAVAILABLE, reason };
      }
    }
    return this.#check(request);
  }

  #check({ clientId, username, password, cleanSession }: MqttConnect): Authentication {
    const name = parseMqttUsername(username);
    if (name === undefined) return refuse('the user name is malformed');
    if (clientId !== identityId(name)) return refuse('client id and user name differ');
    if (name.hostName !== this.#options.hubHostName)
      return refuse('the user name is for another hub');
    const token = parseSasToken(password);
    if (token === undefined) return refuse('the password is not a SAS token');
    const reason = this.#refusal(name, token);
    if (reason !== undefined) return refuse(reason);
    const { deviceId, moduleId } = name;
    const identity = {
      ...(moduleId === undefined ? { deviceId } : { deviceId, moduleId }),
      tokenExpiryMs: token.expirySeconds * 1000,
      cleanSession,
    };
    return { accepted: true, identity };
  }

  /** Why the token does not prove the name; undefined when it does. */
  #refusal(name: IdentityName, token: SasToken): string | undefined {
    const { scope } = this.#options;
    const own = scope.keysOf(name);
    if (own.length === 0) {
      const id = identityId(name);
      return `${id} is not a child of this gateway (az iot hub device-identity parent set), or is disabled`;
    }
    // A device's own key also speaks for its modules.
    const signers: IdentityName[] =
      name.moduleId === undefined ? [name] : [name, { deviceId: name.deviceId }];
    const signer = signers.find((candidate) => this.#isResourceOf(token.resource, candidate));
    if (signer === undefined) return 'the token is for another resource';
    const verdict = verifySasToken(token, scope.keysOf(signer), this.#options.now());
    return verdict.valid ? undefined : verdict.reason;
  }

  #isResourceOf(resource: string, name: IdentityName): boolean {
    const { hubHostName, gatewayHostNames } = this.#options;
    return [hubHostName, ...gatewayHostNames].some(
      (hostName) => identityResource(hostName, name).toLowerCase() === resource.toLowerCase(),
    );
  }
}

function refuse(reason: string): Authentication {
  return { accepted: false, returnCode: NOT_AUTHORIZED, reason };
}
