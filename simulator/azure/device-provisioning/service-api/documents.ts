/**
 * JSON documents of the service API: what comes in and what goes out.
 *
 * Source: learn.microsoft.com/rest/api/iot-dps/service, api-version 2021-10-01.
 */
import { z } from 'zod';
import type { JsonObject } from '../../../wire/twin-document.ts';
import { certificateInfo } from '../certificate-info.ts';
import { newKey, type Attestation, type Enrollment } from '../enrollment.ts';
import { ProvisioningError } from '../provisioning-error.ts';
import { readStorageKey, UnusableTpmKeyError } from '../tpm/storage-key.ts';
import { toPem } from './certificate-text.ts';

const Id = z.string().regex(/^[A-Za-z0-9\-._:]{1,128}$/, {
  error: 'has up to 128 letters, digits and the signs - . _ :',
});
const Key = z.base64().nullish();
const JsonObjectSchema = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  { error: 'must be a JSON object' },
);
const Certificate = z.object({ certificate: z.string() });
const Certificates = z.object({ primary: Certificate, secondary: Certificate.nullish() });

const AttestationBody = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('symmetricKey'),
    symmetricKey: z.object({ primaryKey: Key, secondaryKey: Key }).nullish(),
  }),
  z.object({
    type: z.literal('x509'),
    x509: z.object({
      clientCertificates: Certificates.nullish(),
      signingCertificates: Certificates.nullish(),
    }),
  }),
  z.object({
    type: z.literal('tpm'),
    tpm: z.object({ endorsementKey: z.base64().min(1), storageRootKey: Key }),
  }),
]);
type AttestationBody = z.infer<typeof AttestationBody>;
type SymmetricKeyBody = (AttestationBody & { type: 'symmetricKey' })['symmetricKey'];

const Common = z.object({
  attestation: AttestationBody,
  provisioningStatus: z.enum(['enabled', 'disabled']).nullish(),
  capabilities: z.object({ iotEdge: z.boolean().optional() }).nullish(),
  initialTwin: z
    .object({
      tags: JsonObjectSchema.nullish(),
      properties: z.object({ desired: JsonObjectSchema.nullish() }).nullish(),
    })
    .nullish(),
  allocationPolicy: z.enum(['hashed', 'geoLatency', 'static', 'custom']).nullish(),
  reprovisionPolicy: JsonObjectSchema.nullish(),
  iotHubHostName: z.string().nullish(),
  iotHubs: z.array(z.string()).nullish(),
});

/** Body of `PUT /enrollments/{id}`, and each one of a bulk operation. */
export const IndividualBody = Common.extend({ registrationId: Id, deviceId: Id.nullish() });
/** Body of `PUT /enrollmentGroups/{id}`. */
export const GroupBody = Common.extend({ enrollmentGroupId: Id });
export type EnrollmentBody = z.infer<typeof IndividualBody> | z.infer<typeof GroupBody>;

/**
 * The enrollment that a body describes; keys that it leaves out are kept, or made.
 *
 * @throws ProvisioningError badRequest, notSupported
 */
export function enrollmentOf(
  body: EnrollmentBody,
  before: Enrollment | undefined,
  hubHostName: string,
): Omit<Enrollment, 'createdMs' | 'updatedMs' | 'etag'> {
  const isGroup = 'enrollmentGroupId' in body;
  const { initialTwin, provisioningStatus, capabilities } = body;
  return {
    kind: isGroup ? 'group' : 'individual',
    id: isGroup ? body.enrollmentGroupId : body.registrationId,
    attestation: attestationOf(body.attestation, isGroup, before?.attestation),
    enabled: provisioningStatus !== 'disabled',
    deviceId: isGroup ? null : (body.deviceId ?? null),
    iotEdge: capabilities?.iotEdge ?? false,
    initialTwin: initialTwin
      ? { tags: initialTwin.tags ?? {}, desired: initialTwin.properties?.desired ?? {} }
      : null,
    policies: policiesOf(body, hubHostName),
  };
}

function policiesOf(body: EnrollmentBody, hubHostName: string): JsonObject {
  const { allocationPolicy, reprovisionPolicy, iotHubHostName, iotHubs } = body;
  if (allocationPolicy === 'custom') {
    throw new ProvisioningError('notSupported', 'Custom allocation is not supported here.');
  }
  const named = [...(iotHubs ?? []), ...(iotHubHostName ? [iotHubHostName] : [])];
  const stranger = named.find((name) => name !== hubHostName);
  if (stranger !== undefined) {
    throw new ProvisioningError('badRequest', `The hub '${stranger}' is not linked.`);
  }
  return {
    allocationPolicy: allocationPolicy ?? 'hashed',
    reprovisionPolicy: reprovisionPolicy ?? { updateHubAssignment: true, migrateDeviceData: true },
    ...(iotHubHostName ? { iotHubHostName } : {}),
    iotHubs: iotHubs ?? [hubHostName],
  };
}

function attestationOf(
  body: AttestationBody,
  isGroup: boolean,
  before: Attestation | undefined,
): Attestation {
  switch (body.type) {
    case 'symmetricKey':
      return keysOf(body.symmetricKey ?? {}, before);
    case 'x509':
      return certificatesOf(body.x509, isGroup);
    case 'tpm':
      if (isGroup) throw bad('A group cannot have a TPM: every TPM is enrolled by itself.');
      requireTpmKey(body.tpm.endorsementKey);
      return { ...body.tpm, type: 'tpm', storageRootKey: body.tpm.storageRootKey || null };
  }
}

function keysOf(
  { primaryKey, secondaryKey }: NonNullable<SymmetricKeyBody>,
  before: Attestation | undefined,
): Attestation {
  const known = before?.type === 'symmetricKey' ? before : undefined;
  return {
    type: 'symmetricKey',
    primaryKey: primaryKey || (known?.primaryKey ?? newKey()),
    secondaryKey: secondaryKey || (known?.secondaryKey ?? newKey()),
  };
}

function certificatesOf(
  { clientCertificates, signingCertificates }: (AttestationBody & { type: 'x509' })['x509'],
  isGroup: boolean,
): Attestation {
  const given = isGroup ? signingCertificates : clientCertificates;
  if (!given) {
    throw bad(
      isGroup
        ? 'A group needs signingCertificates; caReferences are not supported here.'
        : 'An individual enrollment needs clientCertificates; caReferences are not supported here.',
    );
  }
  const texts = [given.primary, given.secondary].flatMap((one) => (one ? [one.certificate] : []));
  const certificates = texts.map((text) => toPem(text, isGroup));
  return { type: 'x509', role: isGroup ? 'signing' : 'client', certificates };
}

function requireTpmKey(text: string): void {
  try {
    readStorageKey(Buffer.from(text, 'base64'));
  } catch (error) {
    if (!(error instanceof UnusableTpmKeyError)) throw error;
    throw bad(`The endorsement key is not usable: ${error.message}.`);
  }
}

/** An enrollment as the service shows it: keys only where they are asked for by themselves. */
export function enrollmentDocument(enrollment: Enrollment): JsonObject {
  const { kind, id, attestation, deviceId, initialTwin } = enrollment;
  return {
    ...(kind === 'group' ? { enrollmentGroupId: id } : { registrationId: id }),
    ...(deviceId === null ? {} : { deviceId }),
    attestation:
      attestation.type === 'symmetricKey'
        ? { type: 'symmetricKey' }
        : attestationDocument(attestation),
    capabilities: { iotEdge: enrollment.iotEdge },
    ...(initialTwin === null
      ? {}
      : { initialTwin: { tags: initialTwin.tags, properties: { desired: initialTwin.desired } } }),
    provisioningStatus: enrollment.enabled ? 'enabled' : 'disabled',
    ...enrollment.policies,
    createdDateTimeUtc: new Date(enrollment.createdMs).toISOString(),
    lastUpdatedDateTimeUtc: new Date(enrollment.updatedMs).toISOString(),
    etag: enrollment.etag,
  };
}

/** An attestation with everything, symmetric keys included. */
export function attestationDocument(attestation: Attestation): JsonObject {
  switch (attestation.type) {
    case 'symmetricKey': {
      const { primaryKey, secondaryKey } = attestation;
      return { type: 'symmetricKey', symmetricKey: { primaryKey, secondaryKey } };
    }
    case 'tpm': {
      const { endorsementKey, storageRootKey } = attestation;
      return {
        type: 'tpm',
        tpm: { endorsementKey, ...(storageRootKey === null ? {} : { storageRootKey }) },
      };
    }
    case 'x509': {
      const [primary = null, secondary] = attestation.certificates.map((pem) => {
        return { info: { ...certificateInfo(pem) } };
      });
      const certificates = { primary, ...(secondary === undefined ? {} : { secondary }) };
      const isClient = attestation.role === 'client';
      return {
        type: 'x509',
        x509: isClient
          ? { clientCertificates: certificates }
          : { signingCertificates: certificates },
      };
    }
  }
}

function bad(message: string): ProvisioningError {
  return new ProvisioningError('badRequest', message);
}
