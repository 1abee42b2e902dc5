import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { meterSimulator } from '../../../modules/meter-simulator/src/meter-simulator.ts';
import { createLogger } from '../../../modules/shared/src/logger.ts';
import { ModuleMetrics } from '../../../modules/shared/src/metrics.ts';
import { serveMetrics } from '../../../modules/shared/src/metrics-server.ts';
import { VERSION } from '../../../modules/shared/src/version.ts';
import { FakeModule } from '../../support/fake-module.ts';
import { PROJECT_FOLDER } from '../../support/project-folder.ts';
import { metricTypes, metricValues } from '../../support/prometheus.ts';

const LABELS = {
  iotHubHostName: 'lab-hub.azure-devices.net',
  deviceId: 'gateway-01',
  moduleId: 'averager',
};
const log = createLogger('module-01', 'silent');

/** Rows of the README's table: metric, name in `status`, type. */
function documented(): { metric: string; status: string; type: string }[] {
  const readme = readFileSync(join(PROJECT_FOLDER, 'modules/shared/README.md'), 'utf8');
  return [...readme.matchAll(/^\| `(\w+)` +\| (?:`(\w+)`)?.*?\| (counter|gauge|histogram) /gm)].map(
    ([, metric = '', status = '', type = '']) => ({ metric, status, type }),
  );
}

describe('metrics of a module', function () {
  this.timeout(10_000);
  let module: FakeModule<typeof meterSimulator.schema.shape>;
  let metrics: ModuleMetrics;

  beforeEach(() => {
    module = new FakeModule(meterSimulator);
    module.client.connect();
    metrics = new ModuleMetrics(LABELS);
  });

  afterEach(() => module.end());

  const figures = () => module.running.figures();
  const scrape = async () => metricValues((await metrics.text()).text);

  it('are those of the README, of the types that it says', async () => {
    metrics.follow(figures);
    const { text } = await metrics.text();

    assert.deepEqual(
      metricTypes(text),
      new Map(documented().map(({ metric, type }) => [metric, type])),
    );
  });

  it('are in the status under the names of the README, with the same values', async () => {
    await module.client.deliver('nowhere', 'x');
    metrics.follow(figures);
    const values = await scrape();
    const status = module.status();

    const both = documented().filter(
      ({ status: name, type }) => name !== '' && type !== 'histogram',
    );
    assert.ok(both.length > 12);
    for (const { metric, status: name } of both) {
      if (name !== 'version') assert.equal(values.get(metric), Number(status[name]), metric);
    }
    assert.equal(values.get('iot_readings_quarantined_total'), 1);
  });

  it('say of whom they are, as IoT Edge’s metrics collector wants it', async () => {
    metrics.follow(figures);
    const lines = (await metrics.text()).text.split('\n').filter((line) => /^[a-z]/.test(line));

    assert.ok(lines.length > 20);
    for (const line of lines) {
      assert.match(line, /iothub="lab-hub\.azure-devices\.net"/);
      assert.match(
        line,
        /edge_device="gateway-01",module_name="averager",instance_number="[-\w]+"/,
      );
    }
  });

  it('keep their last values between two lives, but are not connected', async () => {
    await module.client.deliver('nowhere', 'x');
    const unfollow = metrics.follow(figures);
    assert.equal((await scrape()).get('iot_connected'), 1);
    unfollow();

    const values = await scrape();
    assert.equal(values.get('iot_connected'), 0);
    assert.equal(values.get('iot_readings_in_total'), 1);
  });

  it('are told also when the database cannot be read', async () => {
    metrics.follow(() => {
      throw new Error('disk I/O error');
    });

    assert.equal((await scrape()).get('iot_connected'), 0);
  });

  it('count commits by how long they took', async () => {
    metrics.committed(0.003);
    metrics.committed(0.2);

    const { text } = await metrics.text();
    assert.match(text, /iot_commit_duration_seconds_bucket\{le="0\.005",[^}]+\} 1\n/);
    assert.match(text, /iot_commit_duration_seconds_count\{[^}]+\} 2\n/);
  });
});

describe('the version that modules tell', () => {
  it('is the one that their images are tagged with', () => {
    const folder = join(PROJECT_FOLDER, 'modules');
    const modules = readdirSync(folder, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && entry.name !== 'shared',
    );
    assert.ok(modules.length > 3);
    for (const { name } of modules) {
      const { image } = JSON.parse(readFileSync(join(folder, name, 'module.json'), 'utf8')) as {
        image: { tag: { version: string } };
      };
      assert.equal(image.tag.version, VERSION, name);
    }
  });
});

describe('the metrics endpoint', () => {
  const source = { text: async () => ({ type: 'text/plain', text: 'iot_connected 1\n' }) };
  const HERE = { host: '127.0.0.1', port: 0 };

  it('answers scrapers and those who ask whether it is there, and nobody else', async () => {
    const uri = await serveMetrics(source, HERE, log);

    assert.equal(await (await fetch(uri)).text(), 'iot_connected 1\n');
    assert.equal((await fetch(new URL('/healthz', uri))).status, 200);
    assert.equal((await fetch(new URL('/', uri))).status, 404);
    assert.equal((await fetch(uri, { method: 'POST', body: 'x' })).status, 404);
  });

  it('says so when it has nothing to tell, and goes on', async () => {
    let broken = true;
    const text = async () => {
      if (broken) throw new Error('no metrics');
      return { type: 'text/plain', text: '' };
    };
    const uri = await serveMetrics({ text }, HERE, log);

    assert.equal((await fetch(uri)).status, 500);
    broken = false;
    assert.equal((await fetch(uri)).status, 200);
  });

  it('that cannot be had keeps the module from starting, and names the variables', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    await assert.rejects(serveMetrics(source, { ...HERE, port }, log), {
      code: 'ENVIRONMENT',
      message: /METRICS_HOST and METRICS_PORT are not usable \(.*EADDRINUSE/,
    });
    await assert.rejects(serveMetrics(source, { host: '192.0.2.1', port: 0 }, log), {
      code: 'ENVIRONMENT',
    });
    await new Promise((resolve) => other.close(resolve));
  });
});
