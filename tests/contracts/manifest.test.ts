import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z, type ZodType } from 'zod';
import { AnomalyDetectorConfig } from '../../modules/anomaly-detector/src/config.ts';
import { AveragerConfig } from '../../modules/averager/src/config.ts';
import { MeterSimulatorConfig } from '../../modules/meter-simulator/src/config.ts';
import { StoreAndForwardConfig } from '../../modules/store-and-forward/src/config.ts';
import { LEDGER_OUTPUT } from '../../modules/shared/src/ledger-output.ts';
import { PRIORITY } from '../../modules/store-and-forward/src/priorities.ts';
import { Router } from '../../simulator/edge/edge-hub/routes/router.ts';
import { joinCreateOptions } from '../../simulator/edge/manifest/create-options.ts';
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

const Definition = z.looseObject({
  env: z.record(z.string(), z.unknown()),
  startupOrder: z.number().optional(),
  settings: z.record(z.string(), z.unknown()),
});
const definitions = z
  .object({
    modules: z.record(z.string(), Definition),
    systemModules: z.object({ edgeAgent: Definition, edgeHub: Definition }),
  })
  .parse(manifest.desiredProperties['$edgeAgent']);

const HostConfig = z.looseObject({
  Init: z.boolean().optional(),
  ReadonlyRootfs: z.boolean().optional(),
  CapDrop: z.array(z.string()).optional(),
  Memory: z.int(),
  LogConfig: z.object({ Type: z.literal('json-file'), Config: z.record(z.string(), z.string()) }),
  Mounts: z.array(z.looseObject({ Type: z.string(), Target: z.string() })),
  PortBindings: z.record(z.string(), z.unknown()).optional(),
});

function createOptions(settings: Readonly<Record<string, unknown>>): unknown {
  return JSON.parse(joinCreateOptions(settings) ?? '{}');
}

function sourceOf(moduleId: string): string {
  const folder = join(PROJECT_FOLDER, 'modules', moduleId, 'src');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

function outputsOf(moduleId: string): string[] {
  const source = sourceOf(moduleId);
  const own = [...source.matchAll(/\boutput: '([^']+)'/g)].map(([, name = '']) => name);
  return source.includes('keepsLedger') ? own : [...own, LEDGER_OUTPUT];
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

  it('starts each module from its folder, with the limits of its heaps', () => {
    for (const { id, image, environment } of manifest.modules) {
      assert.equal(image, join(PROJECT_FOLDER, 'dist/modules', id, 'src/main.js'));
      assert.ok(existsSync(join(PROJECT_FOLDER, 'modules', id, 'module.json')));
      assert.equal(environment['NODE_OPTIONS'], '--max-semi-space-size=4 --max-old-space-size=192');
      assert.equal(environment['MALLOC_ARENA_MAX'], '1');
      assert.equal(environment['MALLOC_TRIM_THRESHOLD_'], '131072');
    }
  });

  it('brings the readings of meters and of the meter-simulator to all three that take them', () => {
    assert.deepEqual(destinations('/messages'), TAKERS);
    assert.deepEqual(destinations('/messages/modules/meter-simulator/outputs/readings'), TAKERS);
  });

  it('brings what got lost on the way into the outbox, whichever module lost it', () => {
    for (const id of ['averager', 'anomaly-detector', 'meter-simulator']) {
      assert.deepEqual(destinations(`/messages/modules/${id}/outputs/ledger`), [
        'gateway-01/store-and-forward/ledger',
      ]);
    }
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

  for (const [id, { settings }] of Object.entries(definitions.modules)) {
    it(`confines ${id}: read-only, one volume, memory and logs with an end`, () => {
      const { HostConfig: host } = z.object({ HostConfig }).parse(createOptions(settings));

      assert.equal(host.ReadonlyRootfs, true);
      // The health check ends a module that is stuck: process 1 could not be ended from inside.
      assert.equal(host.Init, true);
      assert.deepEqual(host.CapDrop, ['ALL']);
      const [volume, tmp, ...more] = host.Mounts;
      assert.deepEqual(volume, {
        Type: 'volume',
        Source: `iot-end-to-end-${id}`,
        Target: '/app/state',
      });
      assert.deepEqual([tmp?.Type, tmp?.Target, more], ['tmpfs', '/tmp', []]);
      const heapMb = 192;
      assert.ok(host.Memory >= (heapMb + 96) * 1024 ** 2, 'room for what is not heap');
      assert.deepEqual(host.LogConfig.Config, { 'max-size': '10m', 'max-file': '3' });
    });
  }

  it('keeps what edgeAgent and edgeHub store, and limits their memory and logs', () => {
    for (const [id, { settings, env }] of Object.entries(definitions.systemModules)) {
      const { HostConfig: host } = z.object({ HostConfig }).parse(createOptions(settings));

      assert.deepEqual(env['storageFolder'], { value: '/app/storage' }, id);
      assert.deepEqual(
        host.Mounts.map(({ Target }) => Target),
        ['/app/storage'],
      );
      assert.ok(host.Memory > 0);
      assert.deepEqual(host.LogConfig.Config, { 'max-size': '10m', 'max-file': '3' });
    }
  });

  it('keeps edgeHub’s HTTP head, because its metrics come through it, but publishes MQTT only', () => {
    const { settings, env } = definitions.systemModules.edgeHub;
    const { HostConfig: host } = z.object({ HostConfig }).parse(createOptions(settings));

    assert.deepEqual(env['amqpSettings__enabled'], { value: false });
    assert.ok(!Object.keys(env).some((name) => /^(http|mqtt)Settings__enabled$/i.test(name)));
    assert.deepEqual(Object.keys(host.PortBindings ?? {}), ['8883/tcp']);
    const metrics = manifest.modules.find(({ id }) => id === 'store-and-forward');
    assert.equal(metrics?.environment['EDGEHUB_METRICS_URI'], 'http://edgeHub:9600/metrics');
  });

  it('takes edgeAgent and edgeHub of one version, 1.6 unless told otherwise', () => {
    const { edgeAgent, edgeHub } = definitions.systemModules;

    assert.equal(edgeAgent.settings['image'], 'mcr.microsoft.com/azureiotedge-agent:1.6');
    assert.equal(edgeHub.settings['image'], 'mcr.microsoft.com/azureiotedge-hub:1.6');
  });

  it('serves each module’s metrics on the containers’ network, and nowhere else', () => {
    for (const { id, environment } of manifest.modules) {
      assert.deepEqual(
        [environment['METRICS_HOST'], environment['METRICS_PORT']],
        ['0.0.0.0', '9600'],
      );
      const { HostConfig: host } = z
        .object({ HostConfig })
        .parse(createOptions(definitions.modules[id]?.settings ?? {}));
      assert.equal(host.PortBindings, undefined, id);
    }
  });

  it('starts edgeHub first, then the outbox, and the source of readings last', () => {
    assert.equal(definitions.systemModules.edgeHub.startupOrder, 0);
    const order = manifest.modules.map(({ id }) => id);
    assert.equal(order[0], 'store-and-forward');
    assert.equal(order.at(-1), 'meter-simulator');
    for (const { restartPolicy } of manifest.modules) assert.equal(restartPolicy, 'always');
  });
});
