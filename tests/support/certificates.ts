/** Authorities and device certificates for tests. */
import {
  issueAuthority,
  issueLeaf,
  makeRoot,
  validForDays,
  type Authority,
} from '../../simulator/wire/certificate-issuer.ts';

/** A client's certificate with those above it, and its key, as an SDK takes them. */
export interface DeviceCertificate {
  /** The leaf, then the authorities between it and the root, PEM. */
  readonly cert: string;
  readonly key: string;
}

/** A root authority. */
export function testRoot(name = 'test root'): Promise<Authority> {
  return makeRoot({ name, validity: validForDays(2), pathLength: 2 });
}

/** An authority below another. */
export function testIntermediate(issuer: Authority, days = 2): Promise<Authority> {
  const validity = validForDays(days);
  return issueAuthority(issuer, { name: 'test intermediate', validity, pathLength: 0 });
}

/** A device's certificate; `above` are the authorities that it sends along. */
export async function testDevice(
  issuer: Authority,
  commonName: string,
  { days = 1, above = [] }: { days?: number; above?: readonly Authority[] } = {},
): Promise<DeviceCertificate> {
  const yesterday = new Date(Date.now() - 2 * 86_400_000);
  const validity = days > 0 ? validForDays(days) : validForDays(1, yesterday);
  const leaf = await issueLeaf(issuer, { commonName, validity, usages: ['client'] });
  const chain = above.map(({ certificatePem }) => certificatePem);
  return { cert: [leaf.certificatePem, ...chain].join('\n'), key: leaf.keyPem };
}
