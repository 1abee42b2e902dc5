/**
 * Checks a manifest against the JSON schemas that Microsoft published for deployments.
 *
 * They are at json.schemastore.org, and read from there or from a folder. iotedgedev checks against the
 * deployment's and the template's, `az iot edge set-modules` against edgeAgent's and edgeHub's.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ajvDraft04 from 'ajv-draft-04';
import { jsonPath } from './manifest-error.ts';

// CommonJS: the class is the default of the default.
const Ajv = ajvDraft04.default;

const ANSWER_MS = 5_000;

/** Schemas that could not be read: not a fault of the manifest. */
export class SchemasUnreachable extends Error {
  override readonly name = 'SchemasUnreachable';
  readonly code = 'SCHEMAS_UNREACHABLE';
}

/** One schema and what it found. */
export interface SchemaFinding {
  readonly schema: string;
  readonly problems: readonly string[];
}

/**
 * @param place an address, or a folder with the schemas' files
 * @throws SchemasUnreachable
 */
export async function checkPublishedSchemas(
  place: string,
  { template, manifest }: { readonly template: unknown; readonly manifest: unknown },
): Promise<SchemaFinding[]> {
  const { modulesContent } = manifest as { modulesContent: Record<string, unknown> };
  const { $edgeAgent, $edgeHub } = modulesContent;
  const checks: [string, unknown][] = [
    ['azure-iot-edge-deployment-template-4.0', template],
    ['azure-iot-edge-deployment-2.0', manifest],
    [`azure-iot-edgeagent-deployment-${versionOf($edgeAgent)}`, { $edgeAgent }],
    [`azure-iot-edgehub-deployment-${versionOf($edgeHub)}`, { $edgeHub }],
  ];
  const findings: SchemaFinding[] = [];
  for (const [schema, document] of checks) {
    findings.push({ schema, problems: await check(place, `${schema}.json`, document) });
  }
  return findings;
}

function versionOf(module: unknown): string {
  const desired = (module as Record<string, Record<string, unknown>>)['properties.desired'];
  return String(desired?.['schemaVersion']);
}

async function check(place: string, file: string, document: unknown): Promise<string[]> {
  const ajv = new Ajv({
    allErrors: true,
    strict: false,
    // References lead from one published file to another.
    loadSchema: (address) => readSchema(place, address.slice(address.lastIndexOf('/') + 1)),
  });
  const validate = await ajv.compileAsync(await readSchema(place, file));
  if (validate(document) === true) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const path = jsonPath(instancePath.split('/').slice(1).map(unescapePointer));
    const detail: unknown = params['additionalProperty'] ?? params['pattern'];
    return `${path}: ${message}${typeof detail === 'string' ? ` (${detail})` : ''}`;
  });
}

/** Source: RFC 6901, section 4. */
function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

async function readSchema(place: string, file: string): Promise<Record<string, unknown>> {
  try {
    const text = /^https?:/.test(place)
      ? await fetchText(`${place.replace(/\/$/, '')}/${file}`)
      : await readFile(join(place, file), 'utf8');
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SchemasUnreachable(`${file} cannot be read from ${place}: ${reason}`);
  }
}

async function fetchText(address: string): Promise<string> {
  const response = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.text();
}
