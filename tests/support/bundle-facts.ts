/** What must be true of each module's bundle, whatever Node runs it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pkg from 'azure-iot-device';
import { into } from '../simulator/edge/support/manifest.ts';
import { TestGateway, textOf, type Received } from '../simulator/edge/support/test-gateway.ts';
import { eventually } from './eventually.ts';
import { ModuleProcess } from './module-process.ts';
import { PROJECT_FOLDER } from './project-folder.ts';

const { Message } = pkg;

/** A Node to run bundles on, and a SQLite binding made for it; without one the installed. */
export interface BundleNode {
  readonly command: readonly string[];
  readonly binding?: string;
}

const BASE_MS = Date.parse('2026-06-01T12:00:00Z');
const READINGS = 200;
/** An emulated processor takes most of it. */
const RESULT_MS = 30_000;

/** One reading each ten seconds; the last but one is a spike. */
const readings = Array.from({ length: READINGS }, (_, seq) => ({
  id: 'Meter01',
  time: new Date(BASE_MS + seq * 10_000).toISOString(),
  temp: seq === READINGS - 2 ? 95 : 70 + (seq % 5) / 10,
  seq,
}));

/** Each module's input and the result that must come of the readings; the meter-simulator has no input. */
const MODULES: Readonly<Record<string, { input?: string; output: string; result: RegExp }>> = {
  averager: { input: 'readings', output: 'averages', result: /"average":70\.2/ },
  'anomaly-detector': { input: 'readings', output: 'anomalies', result: /"temp":95/ },
  'store-and-forward': { input: 'telemetry', output: 'upstream', result: /"seq":0[,}]/ },
  'meter-simulator': { output: 'readings', result: /"id":"/ },
};

/** Defines the tests; to be called inside a `describe`. */
export function bundleFacts({ command, binding }: BundleNode): void {
  const received: Received[] = [];
  let folder: string;
  let gateway: TestGateway;
  let module: ModuleProcess | undefined;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bundles-'));
    const words = binding === undefined ? [] : ['--binding', binding];
    const script = join(PROJECT_FOLDER, 'scripts/bundle.mjs');
    const made = spawnSync(process.execPath, [script, '--out', folder, ...words]);
    assert.equal(made.status, 0, made.stderr.toString());
    gateway = await startGateway();
    const tester = await gateway.module('tester', { received });
    // One message of many readings, as meters send them after an outage; it waits for each module.
    await tester.sendOutputEvent('readings', new Message(JSON.stringify(readings)));
  });
  afterEach(() => module?.end('SIGKILL'));
  after(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has Azure’s clients for uploads in a file that can be loaded by itself', () => {
    const said = uploaded(join(folder, 'store-and-forward'), command);
    assert.match(said, /BulkError: http:\/\/127\.0\.0\.1:9\/account\/archive does not answer/);
    assert.doesNotMatch(said, /sig=/);
  });

  for (const [name, { result }] of Object.entries(MODULES)) {
    it(`runs ${name} from an empty folder: connected, a message in, a result out, stopped`, async () => {
      const files = imageFolder(join(folder, name));
      const started = ModuleProcess.run([...command, join(files, 'main.mjs')], {
        folder: files,
        environment: {
          ...gateway.moduleEnvironment(name),
          STATE_FOLDER: join(files, 'state'),
          HEARTBEAT_FILE: join(files, 'state/heartbeat'),
          METRICS_PORT: '0',
        },
      });
      module = started;

      await eventually(() => {
        const results = received.filter(({ input }) => input === name);
        assert.ok(
          results.some(({ message }) => result.test(textOf(message))),
          started.output,
        );
      }, RESULT_MS);
      assert.match(started.output, /connected to edgeHub/);
      assert.equal(healthOf(files, command), 0);
      assert.match(await metricsOf(module), /^iot_connected\{.*\} 1$/m);
      if (name === 'store-and-forward') assert.match(inspected(files, command), /running, schema/);
      assert.equal(await started.end('SIGTERM'), 0, started.output);
      assert.match(started.output, /"stopped"/);
      assert.deepEqual(readdirSync(files).toSorted(), ['better_sqlite3.node', 'main.mjs', 'state']);
    });
  }
}

/** What Prometheus would scrape. */
async function metricsOf({ output }: ModuleProcess): Promise<string> {
  const [, uri = ''] = /"uri":"([^"]+)"/.exec(output) ?? [];
  return (await fetch(uri)).text();
}

/** Puts a blob where nobody listens, with the clients as the image has them; what they say of it. */
function uploaded(bundle: string, [node = '', ...words]: readonly string[]): string {
  const script = `const { azureContainer } = await import('./bulk.mjs');
    const place = { url: 'http://127.0.0.1:9/account/archive', prefix: '', signature: '?sig=secret' };
    const blob = { name: 'a', content: Buffer.from('a'), contentType: 'text/csv' };
    await azureContainer(place).put(blob, AbortSignal.timeout(20_000)).catch((error) => {
      console.log(error.name + ': ' + error.message);
    });`;
  const options = { cwd: bundle, env: { PATH: process.env['PATH'] } };
  return spawnSync(
    node,
    [...words, '--input-type=module', '-e', script],
    options,
  ).stdout.toString();
}

/** What an image holds, and its volume. */
function imageFolder(bundle: string): string {
  const files = join(bundle, 'image');
  mkdirSync(join(files, 'state'), { recursive: true });
  for (const name of ['main.mjs', 'better_sqlite3.node']) {
    cpSync(join(bundle, name), join(files, name));
  }
  return files;
}

/** A gateway that brings the tester's readings to each module, and each module's results to the tester. */
async function startGateway(): Promise<TestGateway> {
  const routes = Object.entries(MODULES).flatMap(([name, { input, output }]) => [
    [`${name}-out`, `FROM /messages/modules/${name}/outputs/${output} ${into('tester', name)}`],
    ...(input === undefined
      ? []
      : [[`${name}-in`, `FROM /messages/modules/tester/outputs/readings ${into(name, input)}`]]),
  ]);
  const gateway = await TestGateway.start({
    modules: [...Object.keys(MODULES), 'tester'],
    routes: Object.fromEntries(routes),
  });
  await gateway.azure.control.post(`/deployments/${gateway.settings.gatewayDeviceId}`, {
    modulesContent: {
      'meter-simulator': { 'properties.desired': { virtualMeters: 2 } },
      'store-and-forward': { 'properties.desired': { maxDelaySeconds: 1 } },
    },
  });
  return gateway;
}

/** What the module's tool says, as `docker exec` runs it. */
function inspected(files: string, [node = '', ...words]: readonly string[]): string {
  const env = { PATH: process.env['PATH'], STATE_FOLDER: join(files, 'state') };
  const found = spawnSync(node, [...words, join(files, 'main.mjs'), 'inspect'], { env });
  return found.stdout.toString() + found.stderr.toString();
}

/** Exit code of the container's health check. */
function healthOf(files: string, [node = '', ...words]: readonly string[]): number | null {
  const env = { PATH: process.env['PATH'], HEARTBEAT_FILE: join(files, 'state/heartbeat') };
  return spawnSync(node, [...words, join(files, 'main.mjs'), '--health'], { env }).status;
}
