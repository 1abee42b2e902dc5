/**
 * The certificate authority of this machine and the one server certificate of all local services.
 *
 * Invariants:
 * - the files appear all together or not at all, also when several processes ask at once;
 * - the authority's private key is never written: nobody can issue a second certificate with it.
 */
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
import type { JsonGeneralNames } from '@peculiar/x509';
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

const VALID_DAYS = 3_652;
/** What devices of all ID scopes dial. */
const GLOBAL_PROVISIONING_HOST_NAME = 'global.azure-devices-provisioning.net';

type ServiceNames = Pick<Settings, 'iotHubHostName' | 'deviceProvisioningHostName'>;

/** Where the authority's certificate is, or will be. */
export function certificateFile({ stateFolder }: Pick<Settings, 'stateFolder'>): string {
  return join(certificateFolder(stateFolder), 'ca.pem');
}

function certificateFolder(stateFolder: string): string {
  return join(stateFolder, 'certificates');
}

/** Reads the certificates in `<stateFolder>/certificates/`, making them on first use. */
export async function ensureCertificates(
  settings: Pick<Settings, 'stateFolder'> & ServiceNames,
): Promise<Certificates> {
  const folder = certificateFolder(settings.stateFolder);
  if (!existsSync(folder)) await makeCertificates(folder, settings);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return {
    caPem: read('ca.pem'),
    serverCertPem: read('server.pem'),
    serverKeyPem: read('server-key.pem'),
    caFile: certificateFile(settings),
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
  // What makes certificates takes a sixth of a second to load, and is needed once.
  const { issueLeaf, makeRoot, validForDays } = await import('./certificate-issuer.ts');
  const validity = validForDays(VALID_DAYS);
  const authority = await makeRoot({
    name: 'iot-end-to-end local authority',
    validity,
    pathLength: 0,
  });
  const server = await issueLeaf(authority, {
    commonName: 'localhost',
    validity,
    usages: ['server'],
    serverNames: serverNames(names),
  });
  return {
    caPem: authority.certificatePem,
    serverPem: server.certificatePem,
    serverKeyPem: server.keyPem,
  };
}

function serverNames(names: ServiceNames): JsonGeneralNames {
  return [
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
    { type: 'dns', value: names.iotHubHostName },
    { type: 'dns', value: names.deviceProvisioningHostName },
    { type: 'dns', value: GLOBAL_PROVISIONING_HOST_NAME },
  ];
}
