/**
 * The enrollments: made, changed and removed here.
 *
 * Invariant: what has resolved is on disk.
 */
import type { GroupCommit } from '../../wire/database.ts';
import { newEnrollment, newEtag, newKey, type Enrollment } from './enrollment.ts';
import { ProvisioningError } from './provisioning-error.ts';
import type { ProvisioningStore } from './provisioning-store.ts';

/** What a change expects: that there is nothing yet, anything, or the state with this etag. */
export type EnrollmentMatch = 'none' | 'any' | { readonly etag: string };

/** What may be chosen for an individual enrollment; the rest stays as it is, or gets a default. */
export interface IndividualEnrollment {
  readonly registrationId: string;
  readonly primaryKey?: string | undefined;
  /** Of a TPM: TPM2B_PUBLIC, base64. */
  readonly endorsementKey?: string | undefined;
  readonly deviceId?: string | undefined;
  readonly iotEdge?: boolean | undefined;
  readonly enabled?: boolean | undefined;
}

type EnrollmentName = Pick<Enrollment, 'kind' | 'id'>;

export class Enrollments {
  readonly #store: ProvisioningStore;
  readonly #commits: GroupCommit;

  constructor({ store, commits }: { store: ProvisioningStore; commits: GroupCommit }) {
    this.#store = store;
    this.#commits = commits;
  }

  find({ kind, id }: EnrollmentName): Enrollment | undefined {
    return this.#store.findEnrollment(kind, id);
  }

  /** @throws ProvisioningError enrollmentNotFound */
  get(name: EnrollmentName): Enrollment {
    const enrollment = this.find(name);
    if (enrollment === undefined) {
      throw new ProvisioningError('enrollmentNotFound', 'Enrollment not found.');
    }
    return enrollment;
  }

  /** All of a kind, by id. */
  list(kind: Enrollment['kind']): Enrollment[] {
    return this.#store.enrollments(kind);
  }

  /**
   * Makes or replaces an enrollment; it keeps the instant it was first made.
   *
   * @throws ProvisioningError enrollmentExists, enrollmentNotFound, etagMismatch
   */
  put(enrollment: Enrollment, match: EnrollmentMatch): Promise<Enrollment> {
    return this.#commits.run(() => {
      const found = this.find(enrollment);
      this.#check(found, match);
      const updatedMs = Date.now();
      const createdMs = found?.createdMs ?? updatedMs;
      const stored = { ...enrollment, createdMs, updatedMs, etag: newEtag() };
      this.#store.putEnrollment(stored);
      return stored;
    });
  }

  /** @throws ProvisioningError enrollmentNotFound, etagMismatch */
  async remove(name: EnrollmentName, match: EnrollmentMatch): Promise<void> {
    await this.#commits.run(() => {
      this.#check(this.get(name), match);
      this.#store.removeEnrollment(name);
    });
  }

  /** The key of the settings is the group's, whatever the database says. */
  async ensureGroup(id: string, primaryKey: string): Promise<void> {
    const name = { kind: 'group', id } as const;
    const found = this.find(name) ?? newEnrollment('group', id);
    const { attestation } = found;
    if (attestation.type === 'symmetricKey' && attestation.primaryKey === primaryKey) return;
    const secondaryKey = attestation.type === 'symmetricKey' ? attestation.secondaryKey : newKey();
    const keys = { type: 'symmetricKey', primaryKey, secondaryKey } as const;
    await this.put({ ...found, attestation: keys }, 'any');
  }

  /** Makes or changes an individual enrollment. */
  enroll(wanted: IndividualEnrollment): Promise<Enrollment> {
    const { registrationId: id, deviceId, iotEdge, enabled } = wanted;
    const found = this.find({ kind: 'individual', id }) ?? newEnrollment('individual', id);
    const enrollment = {
      ...found,
      attestation: attestationOf(found, wanted),
      deviceId: deviceId ?? found.deviceId,
      iotEdge: iotEdge ?? found.iotEdge,
      enabled: enabled ?? found.enabled,
    };
    return this.put(enrollment, 'any');
  }

  #check(found: Enrollment | undefined, match: EnrollmentMatch): void {
    if (match === 'any') return;
    if (match === 'none') {
      if (found === undefined) return;
      throw new ProvisioningError('enrollmentExists', 'Enrollment already exists.');
    }
    if (found === undefined) {
      throw new ProvisioningError('enrollmentNotFound', 'Enrollment not found.');
    }
    if (found.etag === match.etag) return;
    throw new ProvisioningError('etagMismatch', 'Precondition failed: the etag is not current.');
  }
}

function attestationOf(
  { attestation }: Enrollment,
  { primaryKey, endorsementKey }: IndividualEnrollment,
): Enrollment['attestation'] {
  if (endorsementKey !== undefined) return { type: 'tpm', endorsementKey, storageRootKey: null };
  if (primaryKey === undefined) return attestation;
  const secondaryKey = attestation.type === 'symmetricKey' ? attestation.secondaryKey : newKey();
  return { type: 'symmetricKey', primaryKey, secondaryKey };
}
