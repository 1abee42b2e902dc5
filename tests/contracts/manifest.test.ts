import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ZodType } from 'zod';
import { AnomalyDetectorConfig } from '../../modules/anomaly-detector/src/config.ts';
import { AveragerConfig } from '../../modules/averager/src/config.ts';
import { MeterSimulatorConfig } from '../../modules/meter-simulator/src/config.ts';
import { StoreAndForwardConfig } from '../../modules/store-and-forward/src/config.ts';
import { PRIORITY } from '../../modules/store-and-forward/src/store-and-forward.ts';
import { Router } from '../../simulator/edge/edge-hub/routes/router.ts';
import { localContext } from '../../simulator/edge/manifest/local-manifest.ts';
import { readManifest } from '../../simulator/edge/manifest/read-manifest.ts';
import { PROJECT_FOLDER } from '../support/project-folder.ts';

const CONFIGS: Readonly<Record<string, ZodType>> = {
  averager: AveragerConfig,
  'anomaly-detector': AnomalyDetectorConfig,
  'store-and-forward': StoreAndForwardConfig,
  'meter-simulator': MeterSimulatorConfig,
};
/** Longer than any outage planned for: 400 days. */
const LONGEST_OUTAGE_SECONDS = 34_560_000;

const manifest = readManifest(
  join(PROJECT_FOLDER, 'deployment.template.json'),
  localContext(PROJECT_FOLDER),
);
const router = new Router('gateway-01', manifest.routes);

function sourceOf(moduleId: string): string {
  const folder = join(PROJECT_FOLDER, 'modules', moduleId, 'src');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

function outputsOf(moduleId: string): string[] {
  return [...sourceOf(moduleId).matchAll(/\boutput: '([^']+)'/g)].map(([, name = '']) => name);
}

function destinations(source: string, properties: Record<string, string> = {}): string[] {
  const moduleId = /^\/messages\/modules\/([^/]+)/.exec(source)?.[1];
  const systemProperties = {
    connectionDeviceId: moduleId === undefined ? 'Meter01' : 'gateway-01',
    ...(moduleId === undefined ? {} : { connectionModuleId: moduleId }),
  };
  return router
    .route({ source, properties, systemProperties, body: Buffer.from('') })
    .map(({ endpoint, priority }) => (endpoint === 'iothub' ? `up ${priority}` : endpoint))
    .toSorted((a, b) => a.localeCompare(b));
}

const TAKERS = [
  'gateway-01/anomaly-detector/readings',
  'gateway-01/averager/readings',
  'gateway-01/store-and-forward/telemetry',
];

describe('deployment.template.json', () => {
  it('deploys every module there is, and gives each its desired properties', () => {
    const ids = manifest.modules.map(({ id }) => id).toSorted((a, b) => a.localeCompare(b));

    assert.deepEqual(
      ids,
      Object.keys(CONFIGS).toSorted((a, b) => a.localeCompare(b)),
    );
    for (const id of ids) assert.ok(id in manifest.desiredProperties, id);
  });

  for (const [id, schema] of Object.entries(CONFIGS)) {
    it(`has desired properties for ${id} that its schema takes, and no others`, () => {
      const desired = manifest.desiredProperties[id];

      assert.deepEqual(schema.parse(desired), desired);
    });
  }

  it('starts each module from its folder, with its heap flag', () => {
    for (const { id, image, environment } of manifest.modules) {
      assert.equal(image, join(PROJECT_FOLDER, 'dist/modules', id, 'src/main.js'));
      assert.ok(existsSync(join(PROJECT_FOLDER, 'modules', id, 'module.json')));
      assert.equal(environment['NODE_OPTIONS'], '--max-semi-space-size=2 --max-old-space-size=192');
    }
  });

  it('brings the readings of meters and of the meter-simulator to all three that take them', () => {
    assert.deepEqual(destinations('/messages'), TAKERS);
    assert.deepEqual(destinations('/messages/modules/meter-simulator/outputs/readings'), TAKERS);
  });

  it('brings averages and anomalies into the outbox', () => {
    assert.deepEqual(destinations('/messages/modules/averager/outputs/averages'), [
      'gateway-01/store-and-forward/averages',
    ]);
    assert.deepEqual(destinations('/messages/modules/anomaly-detector/outputs/anomalies'), [
      'gateway-01/store-and-forward/anomalies',
    ]);
  });

  for (const [kind, priority] of Object.entries(PRIORITY)) {
    it(`sends ${kind} up with the priority the outbox gives it`, () => {
      const source = '/messages/modules/store-and-forward/outputs/upstream';

      assert.deepEqual(destinations(source, { kind }), [`up ${priority}`]);
    });
  }

  it('routes every output that a module’s code has', () => {
    for (const { id } of manifest.modules) {
      const outputs = outputsOf(id);
      assert.ok(outputs.length > 0, id);
      for (const output of outputs) {
        const source = `/messages/modules/${id}/outputs/${output}`;
        const found = Object.keys(PRIORITY).flatMap((kind) => destinations(source, { kind }));
        assert.ok(found.length > 0, source);
      }
    }
  });

  it('takes from no output and into no input of the outbox that its code does not know', () => {
    for (const { route } of manifest.routes) {
      const [, source = '', output = ''] = /modules\/([^/]+)\/outputs\/(\S+)/.exec(route) ?? [];
      if (source !== '') assert.ok(outputsOf(source).includes(output), route);
      const input = /modules\/store-and-forward\/inputs\/([^"]+)/.exec(route)?.[1];
      if (input !== undefined) {
        assert.match(sourceOf('store-and-forward'), new RegExp(`\\b${input}\\b`));
      }
    }
  });

  it('lets no message expire during the longest outage planned for', () => {
    for (const { name, timeToLiveSeconds } of manifest.routes) {
      assert.ok((timeToLiveSeconds ?? 0) >= LONGEST_OUTAGE_SECONDS, name);
    }
  });
});
