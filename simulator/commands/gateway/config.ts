/** `npm run gateway -- config`. */
import { resolve } from 'node:path';
import {
  fileUri,
  FORMS,
  GatewayOptionError,
  matching,
  required,
  type Words,
} from './checked-words.ts';
import { configToml, type GatewayConfig } from './config-toml.ts';
import { writePrivately } from './private-file.ts';
import { gatewayKey } from './secret-key.ts';

const DEFAULT_ENDPOINT = 'https://global.azure-devices-provisioning.net';
const DEFAULT_EDGE_VERSION = '1.6';
/** Where Microsoft's guide to certificates of IoT Edge has them put: certificates, and keys. */
const CERTIFICATES = '/var/aziot/certs';
const KEYS = '/var/aziot/secrets';

/** Writes the file that the words describe, readable by its owner only; returns what was done. */
export function writeConfig(words: Words, environment: NodeJS.ProcessEnv): string {
  const config = gatewayConfig(words, environment);
  const { registration_id: id, method } = config.provisioning.attestation;
  const file = resolve(words['out'] ?? `config/${id}.config.toml`);
  writePrivately(file, configToml(config));
  return [
    `${file}: ${id} registers by ${method} in ID scope ${config.provisioning.id_scope}.`,
    ...(method === 'symmetric_key' ? ["It holds the gateway's key: keep it to yourself."] : []),
    ...filesOf(config).map((path) => `The gateway needs ${path}.`),
    ...nameAdvice(id),
    'On the gateway: sudo install -m 600 FILE /etc/aziot/config.toml && sudo iotedge config apply',
  ].join('\n');
}

/** The queries in the cloud believe no other device about meters: see cloud/stream-analytics/README.md. */
function nameAdvice(registrationId: string): string[] {
  if (registrationId.startsWith('gateway')) return [];
  return [
    'Its device id must begin with "gateway", or the cloud leaves out what it says of its meters: ' +
      'name one in its enrollment (az iot dps enrollment create --device-id gateway-…).',
  ];
}

/** @throws GatewayOptionError naming the option and what it takes */
export function gatewayConfig(words: Words, environment: NodeJS.ProcessEnv): GatewayConfig {
  const registrationId = matching(words, 'registration-id', FORMS.registrationId);
  const version = { 'edge-version': words['edge-version'] ?? DEFAULT_EDGE_VERSION };
  const tag = matching(version, 'edge-version', FORMS.edgeVersion);
  return {
    hostname: matching(words, 'hostname', FORMS.hostName),
    ...(words['parent-hostname'] === undefined
      ? {}
      : { parent_hostname: matching(words, 'parent-hostname', FORMS.hostName) }),
    ...trust(words),
    auto_reprovisioning_mode: 'Dynamic',
    provisioning: {
      source: 'dps',
      global_endpoint: words['global-endpoint'] ?? DEFAULT_ENDPOINT,
      id_scope: matching(words, 'id-scope', FORMS.idScope),
      attestation: attestation(words, environment, registrationId),
    },
    ...edgeAuthority(words),
    agent: {
      name: 'edgeAgent',
      type: 'docker',
      config: { image: `mcr.microsoft.com/azureiotedge-agent:${tag}` },
    },
  };
}

type Attestation = GatewayConfig['provisioning']['attestation'];

function attestation(
  words: Words,
  environment: NodeJS.ProcessEnv,
  registrationId: string,
): Attestation {
  const kind = required(words, 'attestation');
  const registration_id = registrationId;
  switch (kind) {
    case 'symmetric-key': {
      const value = gatewayKey(words, environment, registrationId);
      return { method: 'symmetric_key', registration_id, symmetric_key: { value } };
    }
    case 'x509': {
      const at = (option: string, name: string) =>
        pathUri(words, option, `${registrationId}${name}`);
      const identity_cert = at('identity-cert', '.pem');
      return {
        method: 'x509',
        registration_id,
        identity_cert,
        identity_pk: at('identity-key', '.key.pem'),
      };
    }
    case 'tpm':
      return { method: 'tpm', registration_id };
    default:
      throw new GatewayOptionError(
        `--attestation takes symmetric-key, x509 or tpm, not "${kind}".`,
      );
  }
}

/** Meters and modules trust the root; without one IoT Edge makes certificates for quick starts. */
function trust(words: Words): Pick<GatewayConfig, 'trust_bundle_cert'> {
  if (words['no-certificates'] !== undefined) return {};
  return { trust_bundle_cert: pathUri(words, 'trust-bundle', 'trust-bundle.pem') };
}

function edgeAuthority(words: Words): Pick<GatewayConfig, 'edge_ca'> {
  if (words['no-certificates'] !== undefined) return {};
  const cert = pathUri(words, 'edge-ca-cert', 'edge-ca.pem');
  return { edge_ca: { cert, pk: pathUri(words, 'edge-ca-key', 'edge-ca.key.pem') } };
}

/** Keys lie apart from certificates. */
function pathUri(words: Words, option: string, usualName: string): string {
  const folder = usualName.endsWith('.key.pem') ? KEYS : CERTIFICATES;
  const path = words[option] ?? `${folder}/${usualName}`;
  return fileUri(matching({ [option]: path }, option, FORMS.path));
}

function filesOf({ trust_bundle_cert, edge_ca, provisioning }: GatewayConfig): string[] {
  const { attestation: by } = provisioning;
  const own = by.method === 'x509' ? [by.identity_cert, by.identity_pk] : [];
  return [trust_bundle_cert, edge_ca?.cert, edge_ca?.pk, ...own].flatMap((uri) =>
    uri === undefined ? [] : [uri.replace('file://', '')],
  );
}
