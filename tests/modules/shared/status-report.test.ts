import assert from 'node:assert/strict';
import { meterSimulator } from '../../../modules/meter-simulator/src/meter-simulator.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeModule } from '../../support/fake-module.ts';

/** IoT Hub takes this much in one update of reported properties. */
const MAX_REPORT_BYTES = 8_192;

describe('the status that a module reports', function () {
  this.timeout(10_000);
  let module: FakeModule<typeof meterSimulator.schema.shape>;

  beforeEach(() => {
    module = new FakeModule(meterSimulator);
  });

  afterEach(() => module.end());

  /** The reports of the status since the last call. */
  const reports = () =>
    module.client.reports
      .splice(0)
      .flatMap((patch) => ('status' in patch ? [patch['status'] as Record<string, unknown>] : []));

  it('is whole right after each connect, and small', async () => {
    for (let connect = 0; connect < 2; connect += 1) {
      module.client.connect();
      await settled();

      const [whole, ...more] = reports();
      assert.deepEqual(more, []);
      assert.ok(whole !== undefined && Object.keys(whole).length > 15);
      assert.equal(whole['version'], '0.1.0');
      assert.equal(whole['restarts'], 0);
      assert.ok(JSON.stringify(whole).length < MAX_REPORT_BYTES);
    }
  });

  it('is not sent with every change of the desired properties', async () => {
    module.client.connect();
    await settled();
    reports();
    module.client.handlers.desired({ version: 2, properties: { seed: 7 } });
    await settled();

    assert.deepEqual(reports(), []);
  });

  it('is what has changed, once a minute', async () => {
    module.client.connect();
    await module.clock.advance(60_000);
    reports();
    await module.client.deliver('nowhere', 'x');
    await module.clock.advance(59_000);
    assert.deepEqual(reports(), []);

    await module.clock.advance(1_000);
    const [news, ...more] = reports();
    assert.deepEqual(more, []);
    assert.equal(news?.['received'], 1);
    assert.ok(!('version' in news) && !('sent' in news));
  });

  it('is not sent without a connection, and told again when one stands', async () => {
    module.client.connect();
    await settled();
    module.client.isConnected = false;
    reports();
    await module.client.deliver('nowhere', 'x');
    await module.clock.advance(300_000);
    assert.deepEqual(reports(), []);

    module.client.connect();
    await settled();
    assert.equal(reports()[0]?.['quarantined'], 1);
  });

  it('is told later when a report gets lost', async () => {
    const report = module.client.report.bind(module.client);
    module.client.report = () => Promise.reject(new Error('no answer in time'));
    module.client.connect();
    await settled();
    module.client.report = report;
    await module.clock.advance(60_000);

    assert.equal(reports()[0]?.['version'], '0.1.0');
  });

  it('counts the restarts of the module', async () => {
    await module.restart();
    await module.restart();
    module.client.connect();
    await settled();

    assert.equal(reports()[0]?.['restarts'], 2);
    assert.equal(module.status()['restarts'], 2);
  });
});
