import { X509Certificate } from 'node:crypto';
import { ProvisioningError } from '../provisioning-error.ts';

/**
 * A certificate as PEM, whatever it came as: PEM, or PEM or DER in base64 (clients do all three).
 *
 * @throws ProvisioningError badRequest when it is none, or not an authority's where one is needed
 */
export function toPem(text: string, isAuthority: boolean): string {
  const bytes = text.includes('-----BEGIN') ? Buffer.from(text) : Buffer.from(text, 'base64');
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(bytes);
  } catch {
    throw new ProvisioningError('badRequest', 'The certificate is neither PEM nor DER.');
  }
  if (isAuthority && !certificate.ca) {
    const message = 'A signing certificate must be that of an authority.';
    throw new ProvisioningError('badRequest', message);
  }
  return certificate.toString();
}
