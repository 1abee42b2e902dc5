/**
 * X.509 certificates by which clients of the services prove who they are.
 *
 * That a client owns the key of its certificate is proven by the TLS handshake; whether anybody
 * vouches for it is decided here, because every service has authorities of its own.
 */
import { constants, X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/** What a client presented in the TLS handshake. */
export interface ClientCertificate {
  /** The client's own. */
  readonly leaf: X509Certificate;
  /** Those it sent along; nobody vouches for them yet. */
  readonly intermediates: readonly X509Certificate[];
}

/** Whether somebody who is trusted vouches for a certificate. */
export type ChainVerdict =
  | { readonly valid: true; readonly authority: X509Certificate }
  | { readonly valid: false; readonly reason: string };

/**
 * For servers whose clients may prove themselves by a certificate.
 *
 * An unknown issuer is no reason to hang up: the service knows whom its clients may name. A session
 * is never resumed, because a resumed one has forgotten what the client sent along.
 */
export const ASKS_FOR_CERTIFICATES = {
  requestCert: true,
  rejectUnauthorized: false,
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const;

/** Longest way from a leaf to an authority. */
const MAX_CHAIN_LENGTH = 6;

/** The certificate that a connected client presented; undefined when it presented none. */
export function clientCertificateOf(socket: TLSSocket): ClientCertificate | undefined {
  const intermediates: X509Certificate[] = [];
  let presented: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  // Without a certificate Node answers an empty object.
  if (presented.raw === undefined) return undefined;
  const leaf = new X509Certificate(presented.raw);
  const seen = new Set([leaf.fingerprint256]);
  for (;;) {
    presented = presented.issuerCertificate as DetailedPeerCertificate | undefined;
    if (presented?.raw === undefined) return { leaf, intermediates };
    const issuer = new X509Certificate(presented.raw);
    // A root names itself as its issuer.
    if (seen.has(issuer.fingerprint256)) return { leaf, intermediates };
    seen.add(issuer.fingerprint256);
    intermediates.push(issuer);
  }
}

/** Common name of the subject; undefined when there is none or more than one. */
export function commonNameOf(certificate: X509Certificate): string | undefined {
  const name: unknown = certificate.toLegacyObject().subject.CN;
  return typeof name === 'string' ? name : undefined;
}

/** Digest of the whole certificate, as Azure writes it: hexadecimal, in capitals. */
export function thumbprintOf(certificate: X509Certificate, algorithm: 'sha1' | 'sha256'): string {
  const { fingerprint, fingerprint256 } = certificate;
  return (algorithm === 'sha1' ? fingerprint : fingerprint256).replaceAll(':', '');
}

/** Whether `thumbprint`, SHA-1 or SHA-256, is that of the certificate. */
export function hasThumbprint(certificate: X509Certificate, thumbprint: string): boolean {
  const wanted = thumbprint.toUpperCase();
  return (
    wanted === thumbprintOf(certificate, 'sha1') || wanted === thumbprintOf(certificate, 'sha256')
  );
}

/** Whether the certificate may be used at an instant, epoch milliseconds. */
export function isInForce(certificate: X509Certificate, atMs: number): boolean {
  return Date.parse(certificate.validFrom) <= atMs && atMs < Date.parse(certificate.validTo);
}

/**
 * Looks for a way from the leaf to one of the authorities, over what the client sent along.
 *
 * Source: RFC 5280 section 6; name and length constraints are not looked at.
 */
export function verifyChain(
  { leaf, intermediates }: ClientCertificate,
  authorities: readonly X509Certificate[],
  atMs: number,
): ChainVerdict {
  if (!isInForce(leaf, atMs)) return { valid: false, reason: 'the certificate is not in force' };
  const usable = (issuer: X509Certificate) => issuer.ca && isInForce(issuer, atMs);
  const trusted = authorities.filter(usable);
  let reached = [leaf];
  for (let length = 0; length < MAX_CHAIN_LENGTH; length += 1) {
    const authority = trusted.find((issuer) => reached.some((issued) => isIssuer(issuer, issued)));
    if (authority !== undefined) return { valid: true, authority };
    reached = intermediates.filter(
      (issuer) => usable(issuer) && reached.some((issued) => isIssuer(issuer, issued)),
    );
  }
  return { valid: false, reason: 'no trusted authority issued the certificate' };
}

function isIssuer(issuer: X509Certificate, issued: X509Certificate): boolean {
  return issued.checkIssued(issuer) && issued.verify(issuer.publicKey);
}
