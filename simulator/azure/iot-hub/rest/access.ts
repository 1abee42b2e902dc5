/** Who may call which part of the REST API. */
import { timingSafeEqual } from 'node:crypto';
import { parseIdentityResource } from '../../../wire/identity-name.ts';
import { parseSasToken, verifySasToken, type SasToken } from '../../../wire/sas-token.ts';
import type { IdentityStore } from '../identity-store.ts';
import { IotHubError } from '../iot-hub-error.ts';
import type { RestRequest } from './rest-app.ts';

/** The only shared access policy of the local hub; it has all rights. */
const OWNER_POLICY = 'iothubowner';

type Principal =
  | { readonly kind: 'owner' }
  | { readonly kind: 'device'; readonly deviceId: string; readonly moduleId: string | undefined };

export class Access {
  readonly #hostName: string;
  readonly #ownerKey: string;
  readonly #store: IdentityStore;

  constructor(hostName: string, ownerKey: string, store: IdentityStore) {
    this.#hostName = hostName;
    this.#ownerKey = ownerKey;
    this.#store = store;
  }

  /** @throws IotHubError IotHubUnauthorizedAccess unless the policy `iothubowner` signed */
  requireOwner(request: RestRequest): void {
    if (this.#principal(request).kind !== 'owner') throw unauthorized('the policy is not enough');
  }

  /** As `requireOwner`, but the device itself and its own runtime modules may call too. */
  requireOwnerOrDevice(request: RestRequest, deviceId: string): void {
    const principal = this.#principal(request);
    if (principal.kind === 'owner') return;
    const { deviceId: caller, moduleId } = principal;
    const speaksForDevice = moduleId === undefined || moduleId.startsWith('$edge');
    if (caller !== deviceId || !speaksForDevice) throw unauthorized('not for this identity');
  }

  #principal({ headers }: RestRequest): Principal {
    const token = parseSasToken(headers.authorization ?? '');
    if (token === undefined) throw unauthorized('no shared access signature');
    return token.keyName === undefined ? this.#device(token) : this.#owner(token);
  }

  #owner(token: SasToken): Principal {
    if (token.keyName !== OWNER_POLICY) throw unauthorized('no such policy');
    if (!isEqual(token.resource.toLowerCase(), this.#hostName.toLowerCase())) {
      throw unauthorized('the token is for another resource');
    }
    verify(token, [this.#ownerKey]);
    return { kind: 'owner' };
  }

  #device(token: SasToken): Principal {
    const resource = parseIdentityResource(token.resource);
    if (resource?.hostName !== this.#hostName) {
      throw unauthorized('the token is for another resource');
    }
    const { deviceId, moduleId } = resource;
    const device = this.#store.find({ deviceId });
    const caller = this.#store.find(resource);
    if (caller === undefined || device?.enabled !== true || !caller.enabled) {
      throw unauthorized('unknown or disabled');
    }
    if (caller.authentication !== 'sas') throw unauthorized('the device has no keys');
    verify(token, [caller.primaryKey, caller.secondaryKey]);
    return { kind: 'device', deviceId, moduleId };
  }
}

function verify(token: SasToken, keys: readonly string[]): void {
  const verdict = verifySasToken(token, keys, Date.now());
  if (!verdict.valid) throw unauthorized(verdict.reason);
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function unauthorized(reason: string): IotHubError {
  return new IotHubError('IotHubUnauthorizedAccess', `Unauthorized: ${reason}.`);
}
