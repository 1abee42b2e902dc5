import { X509Certificate } from 'node:crypto';
import { thumbprintOf } from '../../wire/client-certificate.ts';

/** A certificate as the service describes it; the names are those of its API. */
export type CertificateInfo = Readonly<
  Record<
    | 'subjectName'
    | 'sha1Thumbprint'
    | 'sha256Thumbprint'
    | 'issuerName'
    | 'notBeforeUtc'
    | 'notAfterUtc'
    | 'serialNumber',
    string
  >
> & { readonly version: number };

/** Describes a certificate, given as PEM or taken apart. */
export function certificateInfo(given: X509Certificate | string): CertificateInfo {
  const certificate = typeof given === 'string' ? new X509Certificate(given) : given;
  const oneLine = (name: string) => name.replaceAll('\n', ', ');
  return {
    subjectName: oneLine(certificate.subject),
    sha1Thumbprint: thumbprintOf(certificate, 'sha1'),
    sha256Thumbprint: thumbprintOf(certificate, 'sha256'),
    issuerName: oneLine(certificate.issuer),
    notBeforeUtc: new Date(certificate.validFrom).toISOString(),
    notAfterUtc: new Date(certificate.validTo).toISOString(),
    serialNumber: certificate.serialNumber,
    version: 3,
  };
}
