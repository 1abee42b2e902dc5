/**
 * The certificate authority of this machine and the one server certificate of all local services.
 *
 * Invariants:
 * - the files appear all together or not at all, also when several processes ask at once;
 * - the authority's private key is never written: nobody can issue a second certificate with it.
 */
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import type { Settings } from './settings.ts';

/** PEM texts, and the path of the one that clients must trust. */
export interface Certificates {
  readonly caPem: string;
  /** Server certificate followed by the authority's. */
  readonly serverCertPem: string;
  readonly serverKeyPem: string;
  /** Absolute path of `caPem`, for `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const VALID_YEARS = 10;
/** What devices of all ID scopes dial. */
const GLOBAL_PROVISIONING_HOST_NAME = 'global.azure-devices-provisioning.net';

type ServiceNames = Pick<Settings, 'iotHubHostName' | 'deviceProvisioningHostName'>;

/** Reads the certificates in `<stateFolder>/certificates/`, making them on first use. */
export async function ensureCertificates(
  settings: Pick<Settings, 'stateFolder'> & ServiceNames,
): Promise<Certificates> {
  const folder = join(settings.stateFolder, 'certificates');
  if (!existsSync(folder)) await makeCertificates(folder, settings);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return {
    caPem: read('ca.pem'),
    serverCertPem: read('server.pem'),
    serverKeyPem: read('server-key.pem'),
    caFile: join(folder, 'ca.pem'),
  };
}

async function makeCertificates(folder: string, names: ServiceNames): Promise<void> {
  const { caPem, serverPem, serverKeyPem } = await issue(names);
  mkdirSync(join(folder, '..'), { recursive: true });
  const draft = mkdtempSync(`${folder}-`);
  writeFileSync(join(draft, 'ca.pem'), caPem);
  writeFileSync(join(draft, 'server.pem'), `${serverPem}\n${caPem}`);
  writeFileSync(join(draft, 'server-key.pem'), serverKeyPem, { mode: 0o600 });
  try {
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true });
    // Another process was faster: its certificates are everybody's.
    if (!existsSync(folder)) throw error;
  }
}

async function issue(names: ServiceNames) {
  const authority = await newKeys();
  const server = await newKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    serialNumber: serialNumber(),
    name: 'CN=iot-end-to-end local authority',
    signingAlgorithm: ALGORITHM,
    keys: authority,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  const leaf = await x509.X509CertificateGenerator.create({
    ...validity(),
    serialNumber: serialNumber(),
    subject: 'CN=localhost',
    issuer: ca.subject,
    signingAlgorithm: ALGORITHM,
    publicKey: server.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      new x509.SubjectAlternativeNameExtension(serverNames(names)),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', server.privateKey));
  return {
    caPem: ca.toString('pem'),
    serverPem: leaf.toString('pem'),
    serverKeyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function serverNames(names: ServiceNames): x509.JsonGeneralNames {
  return [
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
    { type: 'dns', value: names.iotHubHostName },
    { type: 'dns', value: names.deviceProvisioningHostName },
    { type: 'dns', value: GLOBAL_PROVISIONING_HOST_NAME },
  ];
}

function validity(): { notBefore: Date; notAfter: Date } {
  // An hour early, for a clock that is set back.
  const notBefore = new Date(Date.now() - 3_600_000);
  const notAfter = new Date(notBefore);
  notAfter.setFullYear(notAfter.getFullYear() + VALID_YEARS);
  return { notBefore, notAfter };
}

/** Positive (the first bit is 0), as RFC 5280 section 4.1.2.2 asks. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}
