import type { JsonObject } from '../../wire/twin-document.ts';
import type { Registration } from './enrollment.ts';

/** A registration as devices and the service API see it (`DeviceRegistrationState`). */
export function registrationDocument(registration: Registration): JsonObject {
  const { registrationId, deviceId, assignedHub, status, etag } = registration;
  const times = {
    createdDateTimeUtc: new Date(registration.createdMs).toISOString(),
    lastUpdatedDateTimeUtc: new Date(registration.updatedMs).toISOString(),
  };
  if (status === 'disabled') return { registrationId, ...times, status, etag };
  return {
    registrationId,
    ...times,
    assignedHub,
    deviceId,
    status,
    substatus: 'initialAssignment',
    etag,
    ...attestationOf(registration),
  };
}

/** By what the device was recognised. */
function attestationOf({ attestation, enrollmentGroupId, certificate }: Registration): JsonObject {
  const group = enrollmentGroupId === null ? {} : { enrollmentGroupId };
  switch (attestation) {
    case 'symmetricKey':
      return enrollmentGroupId === null ? {} : { symmetricKey: group };
    case 'x509':
      return {
        x509: { ...(certificate === null ? {} : { certificateInfo: certificate }), ...group },
      };
    case 'tpm':
      return {};
  }
}
