/** `npm run manifest`: the deployment manifest of a real gateway, expanded and checked. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { imagesOfModules } from '../edge/manifest/module-images.ts';
import { checkPublishedSchemas, SchemasUnreachable } from '../edge/manifest/published-schemas.ts';
import { readManifest, type Manifest } from '../edge/manifest/read-manifest.ts';
import { templateVariables } from '../edge/manifest/template-variables.ts';
import { writePrivately } from './gateway/private-file.ts';

const USAGE = `npm run manifest -- [options]

Expands deployment.template.json as Microsoft's tools do, checks it, and writes what a gateway is deployed with.

  --registry NAME       registry of the images, such as lab.azurecr.io (CONTAINER_REGISTRY_SERVER)
  --platform NAME       amd64 or arm64v8, as module.json names them (amd64)
  --edge-version TAG    edgeAgent and edgeHub, such as 1.6 or 1.5 (EDGE_RUNTIME_VERSION, 1.6)
  --tag TEXT            goes between version and platform in the images' tags (CONTAINER_TAG)
  --template FILE       (deployment.template.json)
  --out FILE            (config/deployment.<platform>.json)
  --schemas PLACE       address or folder of the published JSON schemas, or none (https://json.schemastore.org)

Variables come from the environment and from .env. CONTAINER_REGISTRY_USERNAME and CONTAINER_REGISTRY_PASSWORD are
written into the manifest when they are set: use a token that may only pull.`;

const OPTIONS = {
  help: { type: 'boolean', default: false },
  registry: { type: 'string' },
  platform: { type: 'string', default: 'amd64' },
  'edge-version': { type: 'string' },
  tag: { type: 'string' },
  template: { type: 'string', default: 'deployment.template.json' },
  out: { type: 'string' },
  schemas: { type: 'string', default: 'https://json.schemastore.org' },
} as const;

function parse() {
  return parseArgs({ options: OPTIONS }).values;
}
type Values = ReturnType<typeof parse>;

/** The words of the command line before the environment, as everywhere. */
function read(values: Values): Manifest {
  const template = resolve(values.template);
  const chosen = {
    CONTAINER_REGISTRY_SERVER: values.registry,
    EDGE_RUNTIME_VERSION: values['edge-version'],
    CONTAINER_TAG: values.tag,
  };
  const given = Object.entries(chosen).filter(([, value]) => value !== undefined);
  const variables = templateVariables(dirname(template), {
    ...process.env,
    ...Object.fromEntries(given),
  });
  const { platform } = values;
  const findImage = imagesOfModules(dirname(template), { platform, variables });
  return readManifest(template, { variables, findImage });
}

/** What the published schemas say; throws when they refuse. */
async function schemaReport(values: Values, manifest: Manifest): Promise<string[]> {
  if (values.schemas === 'none') return [];
  const template: unknown = JSON.parse(readFileSync(values.template, 'utf8'));
  try {
    const both = { template, manifest: manifest.document };
    const findings = await checkPublishedSchemas(values.schemas, both);
    const problems = findings.flatMap(({ schema, problems: found }) =>
      found.map((problem) => `- ${schema}: ${problem}`),
    );
    if (problems.length > 0) throw new Error(`Not written, because:\n${problems.join('\n')}`);
    return findings.map(({ schema }) => `  valid: ${schema}`);
  } catch (error) {
    if (!(error instanceof SchemasUnreachable)) throw error;
    return [`  not checked against the published schemas: ${error.message}`];
  }
}

async function run(): Promise<string> {
  const values = parse();
  if (values.help) return USAGE;
  const manifest = read(values);
  const schemas = await schemaReport(values, manifest);
  const out = resolve(values.out ?? join('config', `deployment.${values.platform}.json`));
  // It may hold the password of a registry.
  writePrivately(out, `${JSON.stringify(manifest.document, null, 2)}\n`);
  const file = relative('.', out);
  return [
    `${file}: ${manifest.modules.length} modules, ${manifest.routes.length} routes`,
    ...manifest.modules.map(({ id, image }) => `  ${id}: ${image}`),
    ...schemas,
    `Deploy it: az iot edge set-modules --hub-name HUB --device-id GATEWAY --content ${file}`,
  ].join('\n');
}

try {
  process.stdout.write(`${await run()}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
