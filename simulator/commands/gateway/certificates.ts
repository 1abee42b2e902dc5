/**
 * `npm run gateway -- certificates`: the certificates of a transparent gateway and of those that
 * register by X.509.
 *
 * Invariants: a root that is there is used again, never replaced; nothing is overwritten.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  issueAuthority,
  issueLeaf,
  makeRoot,
  readAuthority,
  validForDays,
  type Authority,
} from '../../wire/certificate-issuer.ts';
import { FORMS, GatewayOptionError, matching, type Words } from './checked-words.ts';
import { findExisting, writePrivately, writePublicly } from './private-file.ts';

const ROOT_DAYS = 3_650;
const DEFAULT_DAYS = '365';
/** Below the root: the edge CA, and one more in case the runtime puts one between. */
const ROOT_PATH_LENGTH = 2;
const EDGE_PATH_LENGTH = 1;

/** Makes what is asked for in a folder, readable by its owner only; returns what was done. */
export async function makeCertificates(words: Words): Promise<string> {
  const folder = resolve(words['out'] ?? 'config/certificates');
  const days = lifetime(words);
  const root = await rootIn(folder);
  const made = [root.note];
  const gateway = words['gateway'];
  if (gateway !== undefined) {
    const name = matching(words, 'gateway', FORMS.registrationId);
    made.push(await makeEdgeAuthority(root.authority, { folder, name, days }));
  }
  if (words['device'] !== undefined) {
    const names = words['device'].split(',').map((device) => {
      return matching({ device }, 'device', FORMS.registrationId);
    });
    for (const name of names) made.push(await makeDevice(root.authority, { folder, name, days }));
  }
  return made.join('\n');
}

interface Request {
  readonly folder: string;
  readonly name: string;
  readonly days: number;
}

function lifetime(words: Words): number {
  const days = Number(
    matching({ days: words['days'] ?? DEFAULT_DAYS }, 'days', [/^\d{1,4}$/, 'a number of days']),
  );
  if (days >= 1 && days <= ROOT_DAYS) return days;
  throw new GatewayOptionError(`--days takes 1 to ${ROOT_DAYS}, not ${days}.`);
}

/** The root of the folder, made when it is not there. */
async function rootIn(folder: string): Promise<{ authority: Authority; note: string }> {
  const [certificateFile, keyFile] = pair(folder, 'root-ca');
  if (existsSync(certificateFile)) {
    const certificatePem = readFileSync(certificateFile, 'utf8');
    const authority = await readAuthority({ certificatePem, keyPem: readKey(keyFile) });
    return { authority, note: `${certificateFile}: used again.` };
  }
  refuseToReplace([keyFile]);
  const authority = await makeRoot({
    name: 'Smart meters root CA',
    validity: validForDays(ROOT_DAYS),
    pathLength: ROOT_PATH_LENGTH,
  });
  writePrivately(keyFile, authority.keyPem);
  writePublicly(certificateFile, authority.certificatePem);
  // What gateway, modules and meters trust.
  writePublicly(join(folder, 'trust-bundle.pem'), authority.certificatePem);
  const note = `${certificateFile}: for signingCertificates of an enrollment group, and for meters.`;
  return { authority, note: `${note}\n${keyFile}: keep it off the gateway.` };
}

function readKey(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  throw new GatewayOptionError(`${file} is missing: without it the root can issue nothing.`);
}

/** The authority by which IoT Edge issues the certificates of its modules. */
async function makeEdgeAuthority(root: Authority, request: Request): Promise<string> {
  const { folder, name, days } = request;
  const [certificateFile, keyFile] = pair(folder, 'edge-ca');
  refuseToReplace([certificateFile, keyFile]);
  const authority = await issueAuthority(root, {
    // Not the host name: a client would take the authority for the server.
    name: `${name} edge CA`,
    validity: validForDays(days),
    pathLength: EDGE_PATH_LENGTH,
  });
  writePrivately(keyFile, authority.keyPem);
  writePublicly(certificateFile, chain(authority.certificatePem, root));
  return `${certificateFile}, ${keyFile}: edge CA of ${name}, good for ${days} days.`;
}

/** The certificate by which a gateway or meter registers; its name is the registration id. */
async function makeDevice(root: Authority, { folder, name, days }: Request): Promise<string> {
  const [certificateFile, keyFile] = pair(folder, name);
  refuseToReplace([certificateFile, keyFile]);
  const validity = validForDays(days);
  const device = await issueLeaf(root, { commonName: name, validity, usages: ['client'] });
  writePrivately(keyFile, device.keyPem);
  writePublicly(certificateFile, chain(device.certificatePem, root));
  return `${certificateFile}, ${keyFile}: ${name} registers with them, good for ${days} days.`;
}

function pair(folder: string, name: string): [certificate: string, key: string] {
  return [join(folder, `${name}.pem`), join(folder, `${name}.key.pem`)];
}

function chain(certificatePem: string, root: Authority): string {
  return `${certificatePem}\n${root.certificatePem}\n`;
}

function refuseToReplace(paths: readonly string[]): void {
  const existing = findExisting(paths);
  if (existing === undefined) return;
  throw new GatewayOptionError(
    `${existing} is there already: move it away, or choose another --out.`,
  );
}
