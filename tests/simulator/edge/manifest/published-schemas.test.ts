import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  checkPublishedSchemas,
  SchemasUnreachable,
} from '../../../../simulator/edge/manifest/published-schemas.ts';
import { manifestDocument } from '../support/manifest.ts';

const DRAFT = 'http://json-schema.org/draft-04/schema#';
const ORIGIN = 'https://json.schemastore.org';

/** Stand-ins with the names, the dialect and the references of the published files. */
const SCHEMAS: Readonly<Record<string, object>> = {
  'azure-iot-edge-deployment-template-4.0': {
    id: `${ORIGIN}/azure-iot-edge-deployment-template-4.0.json`,
    properties: {
      modulesContent: {
        properties: {
          $edgeHub: { $ref: 'azure-iot-edgehub-deployment-1.1.json#/properties/$edgeHub' },
        },
      },
    },
  },
  'azure-iot-edge-deployment-2.0': {
    id: `${ORIGIN}/azure-iot-edge-deployment-2.0.json`,
    additionalProperties: false,
    properties: { modulesContent: { type: 'object', required: ['$edgeAgent', '$edgeHub'] } },
  },
  'azure-iot-edgeagent-deployment-1.1': {
    id: `${ORIGIN}/azure-iot-edgeagent-deployment-1.1.json`,
    required: ['$edgeAgent'],
  },
  'azure-iot-edgehub-deployment-1.1': {
    id: `${ORIGIN}/azure-iot-edgehub-deployment-1.1.json`,
    properties: {
      $edgeHub: {
        properties: { 'properties.desired': { properties: { routes: { minProperties: 1 } } } },
      },
    },
  },
};

describe('check against the published schemas', () => {
  let folder: string;
  let server: Server | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'schemas-'));
    for (const [name, schema] of Object.entries(SCHEMAS)) {
      writeFileSync(join(folder, `${name}.json`), JSON.stringify({ $schema: DRAFT, ...schema }));
    }
  });
  afterEach(() => {
    server?.close();
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  const routes = { up: 'FROM /* INTO $upstream' };
  const good = manifestDocument({ modules: ['one'], routes });

  async function problems(manifest: object, template: object = good): Promise<string[]> {
    const findings = await checkPublishedSchemas(folder, { template, manifest });
    return findings.flatMap(({ schema, problems: found }) => found.map((p) => `${schema} ${p}`));
  }

  it('passes what they allow, each schema by the versions in the manifest', async () => {
    const findings = await checkPublishedSchemas(folder, { template: good, manifest: good });

    assert.deepEqual(
      findings.map(({ schema }) => schema),
      Object.keys(SCHEMAS),
    );
    assert.deepEqual(await problems(good), []);
  });

  it('names schema, JSON path and reason, through references too', async () => {
    const bad = { ...manifestDocument({ modules: ['one'], routes: {} }), extra: 1 };

    assert.deepEqual(await problems(bad, bad), [
      'azure-iot-edge-deployment-template-4.0 modulesContent.$edgeHub["properties.desired"].routes: must NOT have fewer than 1 properties',
      'azure-iot-edge-deployment-2.0 : must NOT have additional properties (extra)',
      'azure-iot-edgehub-deployment-1.1 $edgeHub["properties.desired"].routes: must NOT have fewer than 1 properties',
    ]);
  });

  it('reads them from an address as well', async () => {
    const asked: string[] = [];
    server = createServer(({ url = '' }, response) => {
      asked.push(url);
      response.end(readFileSync(join(folder, url.replace('/schemas/', ''))));
    });
    await new Promise<void>((resolve) => {
      server?.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;

    const place = `http://127.0.0.1:${port}/schemas/`;
    const findings = await checkPublishedSchemas(place, { template: good, manifest: good });

    assert.equal(findings.length, 4);
    assert.ok(asked.includes('/schemas/azure-iot-edge-deployment-2.0.json'));
  });

  it('says when they cannot be read, which is no fault of the manifest', async () => {
    await assert.rejects(
      checkPublishedSchemas(join(folder, 'none'), { template: good, manifest: good }),
      (error: Error) => error instanceof SchemasUnreachable && /none/.test(error.message),
    );
  });
});
