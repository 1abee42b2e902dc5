/** `npm run gateway -- config | certificates | child`: what a real gateway needs to come up. */
import { parseArgs } from 'node:util';
import { makeCertificates } from './gateway/certificates.ts';
import type { Words } from './gateway/checked-words.ts';
import { adoptChild } from './gateway/child.ts';
import { writeConfig } from './gateway/config.ts';

const USAGE = `npm run gateway -- config --attestation symmetric-key | x509 | tpm [options]

Writes IoT Edge's config.toml for a gateway that registers at Device Provisioning.

  --id-scope ID            of Device Provisioning
  --registration-id ID     of the gateway; with TPM as npm run tpm -- --show says, on the gateway
  --hostname NAME          by which meters dial the gateway
  --group-key-file FILE    symmetric-key: the enrollment group's key, or - for standard input (ENROLLMENT_GROUP_KEY)
  --device-key-file FILE   symmetric-key: the gateway's own key, for an individual enrollment
  --identity-cert PATH     x509: on the gateway (/var/aziot/certs/<registration id>.pem)
  --identity-key PATH      x509: on the gateway (/var/aziot/secrets/<registration id>.key.pem)
  --trust-bundle PATH      on the gateway (/var/aziot/certs/trust-bundle.pem)
  --edge-ca-cert PATH      on the gateway (/var/aziot/certs/edge-ca.pem)
  --edge-ca-key PATH       on the gateway (/var/aziot/secrets/edge-ca.key.pem)
  --no-certificates        without trust bundle and edge CA: certificates for quick starts, no real meters
  --parent-hostname NAME   of the gateway above this one
  --global-endpoint URL    (https://global.azure-devices-provisioning.net)
  --edge-version TAG       edgeAgent to begin with, such as 1.6 or 1.5 (1.6)
  --out FILE               (config/<registration id>.config.toml), mode 0600

npm run gateway -- certificates [--gateway ID] [--device ID,ID…] [--days N] [--out FOLDER]

Makes a root CA (or uses the one in FOLDER), the edge CA of a gateway, and certificates by which devices register.

npm run gateway -- child --meter ID --gateway ID --hub NAME [--run]

Prints the az commands that make a meter a child of the gateway, or runs them.`;

const OPTIONS = {
  help: { type: 'boolean' },
  'no-certificates': { type: 'boolean' },
  run: { type: 'boolean' },
  ...texts('attestation', 'id-scope', 'registration-id', 'hostname', 'parent-hostname'),
  ...texts('group-key-file', 'device-key-file', 'identity-cert', 'identity-key', 'trust-bundle'),
  ...texts('edge-ca-cert', 'edge-ca-key', 'global-endpoint', 'edge-version', 'out'),
  ...texts('gateway', 'device', 'days', 'meter', 'hub'),
} as const;

function texts<Name extends string>(...names: readonly Name[]) {
  const entries = names.map((name) => [name, { type: 'string' }] as const);
  return Object.fromEntries(entries) as Record<Name, { readonly type: 'string' }>;
}

try {
  process.stdout.write(`${await run()}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function run(): Promise<string> {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.help === true) return USAGE;
  const words: Words = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, String(value)]),
  );
  const [action, ...rest] = positionals;
  if (rest.length > 0) throw new Error(`"${rest[0]}" is one word too many.\n\n${USAGE}`);
  switch (action) {
    case 'config':
      return writeConfig(words, process.env);
    case 'certificates':
      return makeCertificates(words);
    case 'child':
      return adoptChild(words);
    default:
      throw new Error(USAGE);
  }
}
