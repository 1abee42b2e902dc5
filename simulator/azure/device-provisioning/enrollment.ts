/** Enrollments and registrations, as Device Provisioning keeps them. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { JsonObject } from '../../wire/twin-document.ts';
import type { CertificateInfo } from './certificate-info.ts';

/** How devices prove who they are. */
export type Attestation =
  | {
      readonly type: 'symmetricKey';
      /** Base64; of a group, the keys that its devices' keys are derived from. */
      readonly primaryKey: string;
      readonly secondaryKey: string;
    }
  | {
      readonly type: 'x509';
      /** `client`: the device's own certificate. `signing`: that of an authority above it. */
      readonly role: 'client' | 'signing';
      /** PEM, primary first. */
      readonly certificates: readonly string[];
    }
  | {
      readonly type: 'tpm';
      /** TPM2B_PUBLIC, base64. */
      readonly endorsementKey: string;
      readonly storageRootKey: string | null;
    };

/** What a device's twin is to begin with. */
export interface InitialTwin {
  readonly tags: JsonObject;
  readonly desired: JsonObject;
}

/** A group of devices, or one device. */
export interface Enrollment {
  readonly kind: 'group' | 'individual';
  /** Name of the group, or the device's registration id. */
  readonly id: string;
  readonly attestation: Attestation;
  readonly enabled: boolean;
  /** Device id to be registered under; for an individual enrollment, else the registration id. */
  readonly deviceId: string | null;
  readonly iotEdge: boolean;
  readonly initialTwin: InitialTwin | null;
  /** What is shown as it was given, because one linked hub leaves no choice: policies. */
  readonly policies: JsonObject;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly etag: string;
}

/** What became of a device's registration. */
export interface Registration {
  readonly registrationId: string;
  readonly operationId: string;
  readonly status: 'assigned' | 'disabled';
  readonly deviceId: string;
  readonly assignedHub: string;
  readonly enrollmentGroupId: string | null;
  readonly attestation: Attestation['type'];
  /** The device's own, when it proved itself with one. */
  readonly certificate: CertificateInfo | null;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly etag: string;
}

/** An enabled enrollment with fresh keys. */
export function newEnrollment(kind: Enrollment['kind'], id: string): Enrollment {
  const nowMs = Date.now();
  return {
    kind,
    id,
    attestation: { type: 'symmetricKey', primaryKey: newKey(), secondaryKey: newKey() },
    enabled: true,
    deviceId: null,
    iotEdge: false,
    initialTwin: null,
    policies: {},
    createdMs: nowMs,
    updatedMs: nowMs,
    etag: newEtag(),
  };
}

/** Base64. */
export function newKey(): string {
  return randomBytes(32).toString('base64');
}

/** A value that changes with every change of what it stands for. */
export function newEtag(): string {
  return randomUUID();
}
