/**
 * Whether what a device shows is what an enrollment asks for.
 *
 * Source: learn.microsoft.com/azure/iot-dps/concepts-service#attestation-mechanism and its pages on
 * symmetric keys, X.509 and TPM.
 */
import { X509Certificate } from 'node:crypto';
import {
  commonNameOf,
  isInForce,
  verifyChain,
  type ClientCertificate,
} from '../../wire/client-certificate.ts';
import { deriveDeviceKey, verifySasToken, type SasToken } from '../../wire/sas-token.ts';
import type { Attestation, Enrollment } from './enrollment.ts';

/** What a device shows: a token that it signed, or the certificate of its TLS connection. */
export type Proof =
  | { readonly kind: 'token'; readonly token: SasToken }
  | { readonly kind: 'certificate'; readonly certificate: ClientCertificate };

/** A refusal is a value; its reason is for the log. */
export type AttestationVerdict =
  { readonly valid: true } | { readonly valid: false; readonly reason: string };

/** What is attested: a registration id by an enrollment. */
export interface AttestationRequest {
  readonly registrationId: string;
  readonly enrollment: Enrollment;
  /** Base64; what a TPM was sent to sign with. */
  readonly tpmSessionKey: string | undefined;
}

/** Policy name that device clients sign with. */
const KEY_NAME = 'registration';

export function checkAttestation(request: AttestationRequest, proof: Proof): AttestationVerdict {
  const { attestation } = request.enrollment;
  if (attestation.type === 'x509') {
    if (proof.kind !== 'certificate') return invalid('the enrollment asks for a certificate');
    return checkCertificate(attestation, request, proof.certificate);
  }
  if (proof.kind !== 'token') return invalid('the enrollment asks for a signature');
  if (proof.token.keyName !== KEY_NAME) return invalid(`the token's policy is not '${KEY_NAME}'`);
  if (attestation.type === 'symmetricKey') {
    return verifySasToken(proof.token, deviceKeys(attestation, request), Date.now());
  }
  if (request.tpmSessionKey === undefined) return invalid('the TPM was not asked, or too long ago');
  return verifySasToken(proof.token, [request.tpmSessionKey], Date.now());
}

/** Keys of one device, primary first, base64. */
export function deviceKeys(
  { primaryKey, secondaryKey }: Attestation & { type: 'symmetricKey' },
  { registrationId, enrollment }: Pick<AttestationRequest, 'registrationId' | 'enrollment'>,
): [string, string] {
  if (enrollment.kind === 'individual') return [primaryKey, secondaryKey];
  return [
    deriveDeviceKey(primaryKey, registrationId),
    deriveDeviceKey(secondaryKey, registrationId),
  ];
}

function checkCertificate(
  { role, certificates }: Attestation & { type: 'x509' },
  { registrationId }: AttestationRequest,
  shown: ClientCertificate,
): AttestationVerdict {
  if (commonNameOf(shown.leaf) !== registrationId) {
    return invalid('the common name of the certificate is not the registration id');
  }
  const known = certificates.map((pem) => new X509Certificate(pem));
  if (role === 'signing') return verifyChain(shown, known, Date.now());
  const isKnown = known.some(({ fingerprint256 }) => fingerprint256 === shown.leaf.fingerprint256);
  if (!isKnown) return invalid('it is not the certificate of the enrollment');
  return isInForce(shown.leaf, Date.now())
    ? { valid: true }
    : invalid('the certificate is not in force');
}

function invalid(reason: string): AttestationVerdict {
  return { valid: false, reason };
}
