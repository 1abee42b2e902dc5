/**
 * The identity registry: devices and modules are made, changed and removed here.
 *
 * Invariants:
 * - what has resolved is on disk;
 * - an identity that was disabled, removed or got other keys loses its connection (`onRevoked`);
 * - an IoT Edge device always has its system modules.
 */
import type { GroupCommit } from '../../wire/database.ts';
import type { IdentityName } from '../../wire/identity-name.ts';
import {
  EDGE_SYSTEM_MODULES,
  newEtag,
  newIdentity,
  type Identity,
  type IdentityFields,
} from './identity.ts';
import type { IdentityStore } from './identity-store.ts';
import { IotHubError } from './iot-hub-error.ts';

/** What a change expects: nothing, or the state with this etag. */
export type Match = { readonly etag: string } | 'any';

/** Characters of a device or module id. Source: learn.microsoft.com/azure/iot-hub/iot-hub-devguide-identity-registry */
const ID = /^[A-Za-z0-9\-:.+%_#*?!(),=@$']{1,128}$/;

export class Identities {
  readonly #store: IdentityStore;
  readonly #commits: GroupCommit;
  readonly #onRevoked: (name: IdentityName) => void;

  constructor(store: IdentityStore, commits: GroupCommit, onRevoked: (name: IdentityName) => void) {
    this.#store = store;
    this.#commits = commits;
    this.#onRevoked = onRevoked;
  }

  /** @throws IotHubError DeviceAlreadyExists, ModuleAlreadyExistsOnDevice, ArgumentInvalid */
  create(name: IdentityName, fields: IdentityFields): Promise<Identity> {
    return this.#commits.run(() => {
      if (this.#store.find(name) !== undefined) throw alreadyExists(name);
      return this.#insert(name, fields);
    });
  }

  /** Leaves an identity that exists as it is. */
  ensure(name: IdentityName, fields: IdentityFields): Promise<Identity> {
    return this.#commits.run(() => this.#store.find(name) ?? this.#insert(name, fields));
  }

  /**
   * Changes the fields that are given.
   *
   * @throws IotHubError DeviceNotFound, ModuleNotFound, PreconditionFailed, ArgumentInvalid
   */
  async update(name: IdentityName, fields: IdentityFields, match: Match): Promise<Identity> {
    const { before, after } = await this.#commits.run(() => {
      const found = this.#store.get(name);
      checkMatch(found.etag, match);
      return { before: found, after: this.#change(found, fields) };
    });
    if (isRevoked(before, after)) this.#onRevoked(name);
    return after;
  }

  /** @throws IotHubError DeviceNotFound, ModuleNotFound, PreconditionFailed */
  async remove(name: IdentityName, match: Match): Promise<void> {
    const modules = await this.#commits.run(() => {
      checkMatch(this.#store.get(name).etag, match);
      const own = name.moduleId === undefined ? this.#store.modules(name.deviceId) : [];
      this.#store.remove(name);
      return own;
    });
    for (const removed of [name, ...modules]) this.#onRevoked(removed);
  }

  #insert(name: IdentityName, fields: IdentityFields): Identity {
    checkId(name.moduleId ?? name.deviceId);
    if (name.moduleId !== undefined) this.#store.get({ deviceId: name.deviceId });
    this.#checkParent(fields.parent);
    const identity = newIdentity(name, fields, new Date());
    this.#store.put(identity);
    if (identity.iotEdge) this.#ensureSystemModules(name.deviceId);
    return identity;
  }

  #change(found: Identity, fields: IdentityFields): Identity {
    this.#checkParent(fields.parent);
    const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
    const now = new Date();
    const changed = { ...found, ...Object.fromEntries(given), etag: newEtag() };
    if (changed.enabled !== found.enabled) changed.statusUpdatedMs = now.getTime();
    if (changed.iotEdge && changed.scope === null) {
      changed.scope = newIdentity(found, { iotEdge: true }, now).scope;
    }
    this.#store.put(changed);
    if (changed.iotEdge) this.#ensureSystemModules(found.deviceId);
    return changed;
  }

  #ensureSystemModules(deviceId: string): void {
    for (const moduleId of EDGE_SYSTEM_MODULES) {
      if (this.#store.find({ deviceId, moduleId }) !== undefined) continue;
      this.#store.put(newIdentity({ deviceId, moduleId }, {}, new Date()));
    }
  }

  #checkParent(parent: string | null | undefined): void {
    if (parent === undefined || parent === null) return;
    if (this.#store.find({ deviceId: parent })?.iotEdge === true) return;
    throw new IotHubError('ArgumentInvalid', `The parent '${parent}' is not an IoT Edge device.`);
  }
}

/** @throws IotHubError PreconditionFailed */
export function checkMatch(etag: string, match: Match): void {
  if (match === 'any' || match.etag === etag) return;
  throw new IotHubError('PreconditionFailed', 'The etag is not the current one: read it again.');
}

function checkId(id: string): void {
  if (ID.test(id)) return;
  throw new IotHubError('ArgumentInvalid', `'${id}' is not a valid device or module id.`);
}

function alreadyExists({ deviceId, moduleId }: IdentityName): IotHubError {
  return moduleId === undefined
    ? new IotHubError('DeviceAlreadyExists', `A device '${deviceId}' exists already.`)
    : new IotHubError(
        'ModuleAlreadyExistsOnDevice',
        `A module '${moduleId}' exists already on '${deviceId}'.`,
      );
}

function isRevoked(before: Identity, after: Identity): boolean {
  return !after.enabled || credentialsOf(before) !== credentialsOf(after);
}

/** What an identity proves itself with. */
function credentialsOf(identity: Identity): string {
  const { authentication, primaryKey, secondaryKey } = identity;
  const thumbprints = [identity.primaryThumbprint, identity.secondaryThumbprint];
  return JSON.stringify([authentication, primaryKey, secondaryKey, ...thumbprints]);
}
