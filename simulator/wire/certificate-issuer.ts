/**
 * Makes certificate authorities and the certificates that they issue: ECDSA on P-256, RFC 5280.
 *
 * Nothing is kept: whoever asks decides what becomes of a private key.
 */
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A certificate with its private key, PEM. */
export interface IssuedCertificate {
  readonly certificatePem: string;
  /** PKCS #8. Secret. */
  readonly keyPem: string;
}

/** An authority that can issue certificates. */
export interface Authority extends IssuedCertificate {
  readonly certificate: x509.X509Certificate;
  readonly signingKey: webcrypto.CryptoKey;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What a certificate of an authority is to say. */
export interface AuthorityRequest {
  /** Common name. */
  readonly name: string;
  readonly validity: Validity;
  /** Authorities that may stand between this one and a leaf. */
  readonly pathLength: number;
}

/** What the certificate of a device or server is to say. */
export interface LeafRequest {
  readonly commonName: string;
  readonly validity: Validity;
  readonly usages: readonly ('client' | 'server')[];
  /** Names that a server is dialled by. */
  readonly serverNames?: x509.JsonGeneralNames;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const USAGES = {
  client: x509.ExtendedKeyUsage.clientAuth,
  server: x509.ExtendedKeyUsage.serverAuth,
} as const;

/** From an hour ago, for a clock that is set back, until as many days from now. */
export function validForDays(days: number, now = new Date()): Validity {
  const notAfter = new Date(now);
  notAfter.setUTCDate(notAfter.getUTCDate() + days);
  return { notBefore: new Date(now.getTime() - 3_600_000), notAfter };
}

/** A root: signed by itself. */
export async function makeRoot(request: AuthorityRequest): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...request.validity,
    serialNumber: serialNumber(),
    name: subjectOf(request.name),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: await authorityExtensions(request, keys),
  });
  return authorityOf(certificate, keys);
}

/** An authority below another. */
export async function issueAuthority(
  issuer: Authority,
  request: AuthorityRequest,
): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...request.validity,
    serialNumber: serialNumber(),
    subject: subjectOf(request.name),
    issuer: issuer.certificate.subject,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: issuer.signingKey,
    extensions: [
      ...(await authorityExtensions(request, keys)),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
    ],
  });
  return authorityOf(certificate, keys);
}

/** The certificate of a device or server. */
export async function issueLeaf(
  issuer: Authority,
  { commonName, validity, usages, serverNames = [] }: LeafRequest,
): Promise<IssuedCertificate> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity,
    serialNumber: serialNumber(),
    subject: subjectOf(commonName),
    issuer: issuer.certificate.subject,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: issuer.signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages.map((usage) => USAGES[usage])),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
      ...(serverNames.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(serverNames)]),
    ],
  });
  return { certificatePem: certificate.toString('pem'), keyPem: await keyPemOf(keys) };
}

/** An authority whose certificate and key were kept as PEM. */
export async function readAuthority({
  certificatePem,
  keyPem,
}: IssuedCertificate): Promise<Authority> {
  const [pkcs8] = x509.PemConverter.decode(keyPem);
  if (pkcs8 === undefined) throw new Error('The key of the authority is not in PEM form.');
  const signingKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']);
  const certificate = new x509.X509Certificate(certificatePem);
  return { certificatePem, keyPem, certificate, signingKey };
}

async function authorityExtensions(
  { pathLength }: AuthorityRequest,
  keys: webcrypto.CryptoKeyPair,
): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
  ];
}

async function authorityOf(
  certificate: x509.X509Certificate,
  keys: webcrypto.CryptoKeyPair,
): Promise<Authority> {
  const pems = { certificatePem: certificate.toString('pem'), keyPem: await keyPemOf(keys) };
  return { ...pems, certificate, signingKey: keys.privateKey };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function keyPemOf({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey));
  return `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`;
}

/** As fields, so that no sign in a name can add another attribute. */
function subjectOf(commonName: string): x509.JsonName {
  return [{ CN: [commonName] }];
}

/** Positive (the first bit is 0), as RFC 5280 section 4.1.2.2 asks. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}
