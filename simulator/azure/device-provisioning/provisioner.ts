/**
 * Decides about registrations: who may register, and as which device of the linked hub.
 *
 * Invariants: a registration that was answered `assigned` is on disk, and its device exists in the
 * hub with the key that the client proved to have.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { GroupCommit } from '../../wire/database.ts';
import { deriveDeviceKey, verifySasToken, type SasToken } from '../../wire/sas-token.ts';
import type { IotHub } from '../iot-hub/hub.ts';
import type { Enrollment, ProvisioningStore, Registration } from './provisioning-store.ts';

/** The linked hub, as far as registrations need it. */
export type LinkedHub = Pick<IotHub, 'hostName' | 'identities'>;

/** Policy name that device clients sign with. */
const KEY_NAME = 'registration';

/** Unauthorized is a value: its answer travels on the response topic, not in the CONNACK. */
export type RegisterResult =
  | { readonly authorized: true; readonly registration: Registration }
  | { readonly authorized: false; readonly reason: string };

interface Candidate {
  readonly enrollment: Enrollment;
  /** Keys of this device, primary first, base64. */
  readonly keys: readonly [string, string];
}

export class Provisioner {
  readonly #idScope: string;
  readonly #store: ProvisioningStore;
  readonly #commits: GroupCommit;
  readonly #hub: LinkedHub;

  constructor(
    idScope: string,
    { store, commits }: { store: ProvisioningStore; commits: GroupCommit },
    hub: LinkedHub,
  ) {
    this.#idScope = idScope;
    this.#store = store;
    this.#commits = commits;
    this.#hub = hub;
  }

  /** Registers a device, or again one that is registered already. */
  async register(registrationId: string, token: SasToken): Promise<RegisterResult> {
    if (token.resource !== `${this.#idScope}/registrations/${registrationId}`) {
      return { authorized: false, reason: 'the token is for another resource' };
    }
    if (token.keyName !== KEY_NAME) {
      return { authorized: false, reason: `the token's policy is not '${KEY_NAME}'` };
    }
    const candidates = this.#candidates(registrationId);
    let reason = 'no enrollment';
    for (const candidate of candidates) {
      const verdict = verifySasToken(token, candidate.keys, Date.now());
      if (verdict.valid) return this.#assign(registrationId, candidate);
      reason = verdict.reason;
    }
    return { authorized: false, reason };
  }

  /** The registration that an operation id stands for. */
  find(registrationId: string, operationId: string): Registration | undefined {
    const registration = this.#store.findRegistration(registrationId);
    return registration?.operationId === operationId ? registration : undefined;
  }

  /** An individual enrollment goes before any group. */
  #candidates(registrationId: string): Candidate[] {
    const individual = this.#store.findEnrollment('individual', registrationId);
    if (individual !== undefined) {
      const { primaryKey, secondaryKey } = individual;
      return [{ enrollment: individual, keys: [primaryKey, secondaryKey] }];
    }
    return this.#store.groups().map((enrollment) => ({
      enrollment,
      keys: [
        deriveDeviceKey(enrollment.primaryKey, registrationId),
        deriveDeviceKey(enrollment.secondaryKey, registrationId),
      ],
    }));
  }

  async #assign(registrationId: string, candidate: Candidate): Promise<RegisterResult> {
    const { enrollment } = candidate;
    const deviceId = enrollment.deviceId ?? registrationId;
    if (enrollment.enabled) await this.#ensureDevice(deviceId, candidate);
    const before = this.#store.findRegistration(registrationId);
    const nowMs = Date.now();
    const registration: Registration = {
      registrationId,
      operationId: `5.${randomBytes(8).toString('hex')}.${randomUUID()}`,
      status: enrollment.enabled ? 'assigned' : 'disabled',
      deviceId,
      assignedHub: this.#hub.hostName,
      enrollmentGroupId: enrollment.kind === 'group' ? enrollment.id : null,
      createdMs: before?.createdMs ?? nowMs,
      updatedMs: nowMs,
      etag: randomUUID(),
    };
    await this.#commits.run(() => this.#store.putRegistration(registration));
    return { authorized: true, registration };
  }

  async #ensureDevice(deviceId: string, { enrollment, keys }: Candidate): Promise<void> {
    const { identities } = this.#hub;
    const [primaryKey, secondaryKey] = keys;
    const { iotEdge } = enrollment;
    const device = await identities.ensure({ deviceId }, { primaryKey, secondaryKey, iotEdge });
    if (device.primaryKey === primaryKey && device.secondaryKey === secondaryKey) return;
    await identities.update({ deviceId }, { primaryKey, secondaryKey }, 'any');
  }
}
