/**
 * Decides about registrations: who may register, and as which device of the linked hub.
 *
 * Invariants: a registration that was answered `assigned` is on disk, and its device exists in the
 * hub with the credentials that the client proved to have.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { GroupCommit } from '../../wire/database.ts';
import type { IotHub } from '../iot-hub/hub.ts';
import type { IdentityFields } from '../iot-hub/identity.ts';
import { checkAttestation, deviceKeys, type Proof } from './attestation.ts';
import { certificateInfo } from './certificate-info.ts';
import { newEtag, type Enrollment, type Registration } from './enrollment.ts';
import type { ProvisioningStore } from './provisioning-store.ts';
import type { TpmKeys } from './tpm/activation-blob.ts';
import { TpmChallenges } from './tpm/tpm-challenges.ts';

/** The linked hub, as far as registrations need it. */
export type LinkedHub = Pick<IotHub, 'hostName' | 'identities' | 'store' | 'twins'>;

/** Unauthorized is a value: how its answer travels differs from protocol to protocol. */
export type Authorization =
  | { readonly authorized: true; readonly enrollment: Enrollment }
  | { readonly authorized: false; readonly reason: string };

export class Provisioner {
  readonly #idScope: string;
  readonly #store: ProvisioningStore;
  readonly #commits: GroupCommit;
  readonly #hub: LinkedHub;
  readonly #challenges = new TpmChallenges();

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

  /** Whether the proof is that of a device that may register under the id. */
  authorize(registrationId: string, proof: Proof): Authorization {
    const resource = `${this.#idScope}/registrations/${registrationId}`;
    if (proof.kind === 'token' && proof.token.resource !== resource) {
      return { authorized: false, reason: 'the token is for another resource' };
    }
    const tpmSessionKey = this.#challenges.sessionKey(registrationId, Date.now());
    let reason = 'no enrollment';
    for (const enrollment of this.#candidates(registrationId)) {
      const request = { registrationId, enrollment, tpmSessionKey };
      const verdict = checkAttestation(request, proof);
      if (verdict.valid) return { authorized: true, enrollment };
      reason = verdict.reason;
    }
    return { authorized: false, reason };
  }

  /**
   * Begins to prove that the TPM of the enrollment is there; returns what only it can unwrap, or
   * undefined when there is no such enrollment.
   */
  challenge(
    registrationId: string,
    endorsementKey: string,
    readKeys: () => TpmKeys,
  ): Buffer | undefined {
    const enrollment = this.#store.findEnrollment('individual', registrationId);
    if (enrollment?.attestation.type !== 'tpm') return undefined;
    if (enrollment.attestation.endorsementKey !== endorsementKey) return undefined;
    return this.#challenges.begin(registrationId, readKeys(), Date.now());
  }

  /** Registers a device, or again one that is registered already. */
  async register(
    registrationId: string,
    enrollment: Enrollment,
    proof: Proof,
  ): Promise<Registration> {
    const deviceId = enrollment.deviceId ?? registrationId;
    if (enrollment.enabled) {
      const fields = credentials(registrationId, enrollment, proof);
      await this.#ensureDevice(deviceId, enrollment, fields);
    }
    const before = this.#store.findRegistration(registrationId);
    const nowMs = Date.now();
    const registration: Registration = {
      registrationId,
      operationId: `5.${randomBytes(8).toString('hex')}.${randomUUID()}`,
      status: enrollment.enabled ? 'assigned' : 'disabled',
      deviceId,
      assignedHub: this.#hub.hostName,
      enrollmentGroupId: enrollment.kind === 'group' ? enrollment.id : null,
      attestation: enrollment.attestation.type,
      certificate: proof.kind === 'certificate' ? certificateInfo(proof.certificate.leaf) : null,
      createdMs: before?.createdMs ?? nowMs,
      updatedMs: nowMs,
      etag: newEtag(),
    };
    await this.#commits.run(() => this.#store.putRegistration(registration));
    return registration;
  }

  /** The registration that an operation id stands for. */
  find(registrationId: string, operationId: string): Registration | undefined {
    const registration = this.#store.findRegistration(registrationId);
    return registration?.operationId === operationId ? registration : undefined;
  }

  /** The device's key for the hub, wrapped for the TPM that has registered it. */
  wrappedDeviceKey({ registrationId, deviceId }: Registration): Buffer | undefined {
    const { primaryKey } = this.#hub.store.get({ deviceId });
    return this.#challenges.wrap(registrationId, primaryKey, Date.now());
  }

  /** An individual enrollment goes before any group. */
  #candidates(registrationId: string): Enrollment[] {
    const individual = this.#store.findEnrollment('individual', registrationId);
    return individual === undefined ? this.#store.enrollments('group') : [individual];
  }

  async #ensureDevice(
    deviceId: string,
    { iotEdge, initialTwin }: Enrollment,
    fields: IdentityFields,
  ): Promise<void> {
    const { identities, store, twins } = this.#hub;
    const found = store.find({ deviceId });
    if (found === undefined) {
      await identities.ensure({ deviceId }, { ...fields, iotEdge });
      if (initialTwin !== null) await twins.patch({ deviceId }, initialTwin, 'any');
      return;
    }
    const wanted = Object.entries(fields);
    const isCurrent = wanted.every(([name, value]) => found[name as keyof typeof found] === value);
    if (!isCurrent) await identities.update({ deviceId }, fields, 'any');
  }
}

/** With what the device is to prove itself at the hub; keys for a TPM are the hub's to make. */
function credentials(registrationId: string, enrollment: Enrollment, proof: Proof): IdentityFields {
  const { attestation } = enrollment;
  if (proof.kind === 'certificate') {
    const primaryThumbprint = certificateInfo(proof.certificate.leaf).sha256Thumbprint;
    return { authentication: 'selfSigned', primaryThumbprint };
  }
  if (attestation.type !== 'symmetricKey') return { authentication: 'sas' };
  const [primaryKey, secondaryKey] = deviceKeys(attestation, { registrationId, enrollment });
  return { authentication: 'sas', primaryKey, secondaryKey };
}
