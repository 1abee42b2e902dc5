/**
 * `config.toml` of an IoT Edge gateway: who it is, whom it trusts, which edgeAgent it begins with.
 *
 * Source: learn.microsoft.com/azure/iot-edge/configure-device and the template that the package
 * aziot-edge brings (`/etc/aziot/config.toml.edge.template`), versions 1.5 and 1.6.
 */
import { parse, stringify } from 'smol-toml';
import { z } from 'zod';

/** Where a file is on the gateway. */
const FileUri = z
  .string()
  .regex(/^file:\/\/\/[^\s?#]+$/, 'must be a file URI with an absolute path');

const Attestation = z.discriminatedUnion('method', [
  z.strictObject({
    method: z.literal('symmetric_key'),
    registration_id: z.string(),
    symmetric_key: z.strictObject({ value: z.base64() }),
  }),
  z.strictObject({
    method: z.literal('x509'),
    registration_id: z.string(),
    identity_cert: FileUri,
    identity_pk: FileUri,
  }),
  z.strictObject({ method: z.literal('tpm'), registration_id: z.string() }),
]);

/** The parts of the file that are written here; strict, so that no misspelt word slips through. */
export const GatewayConfig = z.strictObject({
  hostname: z.string(),
  parent_hostname: z.string().optional(),
  trust_bundle_cert: FileUri.optional(),
  auto_reprovisioning_mode: z.enum(['Dynamic', 'AlwaysOnStartup', 'OnErrorOnly']),
  provisioning: z.strictObject({
    source: z.literal('dps'),
    global_endpoint: z.url({ protocol: /^https$/ }),
    id_scope: z.string(),
    attestation: Attestation,
  }),
  edge_ca: z.strictObject({ cert: FileUri, pk: FileUri }).optional(),
  agent: z.strictObject({
    name: z.literal('edgeAgent'),
    type: z.literal('docker'),
    config: z.strictObject({ image: z.string() }),
  }),
});
export type GatewayConfig = z.infer<typeof GatewayConfig>;

const HEADER = `# Made by: npm run gateway -- config
# Put it on the gateway as /etc/aziot/config.toml (owner root, mode 0600), then: sudo iotedge config apply
`;

/**
 * Writes the file, and reads it back to be sure of it.
 *
 * @throws Error when what was written is not what was meant
 */
export function configToml(config: GatewayConfig): string {
  const text = `${HEADER}\n${stringify(config)}`;
  const readBack = GatewayConfig.safeParse(parse(text));
  if (readBack.success) return text;
  throw new Error(`config.toml would not be valid: ${z.prettifyError(readBack.error)}`);
}
