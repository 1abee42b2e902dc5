/** What can go wrong before a connection stands, made to happen to the unmodified SDK. */
import assert from 'node:assert/strict';
import { startClient, type StartedClient } from '../../support/edge-client-process.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MisbehavingEdgeHub } from '../../support/misbehaving-edge-hub.ts';
import { testRoot } from '../../support/certificates.ts';
import type { WorkloadManner } from '../../support/workload-api.ts';

describe('a module connects in the end, after', function () {
  this.timeout(20_000);
  let hub: MisbehavingEdgeHub;
  let started: StartedClient | undefined;

  beforeEach(async () => {
    hub = await MisbehavingEdgeHub.start();
  });
  afterEach(async () => {
    await started?.stop();
    started = undefined;
    await hub.stop();
  });

  const connects = async (): Promise<void> => {
    await eventually(() => assert.equal(started?.connects, 1));
    await eventually(() => assert.equal(started?.desired.length, 1));
  };
  const warnings = () => started?.log.filter(({ level }) => level === 40) ?? [];

  it('nobody listened', async () => {
    await hub.pause();
    started = await startClient(hub.environment);
    await eventually(() => assert.match(String(warnings()[0]?.['reason']), /ECONNREFUSED/));

    await hub.resume();
    await connects();
  });

  it('edgeHub showed a certificate of an unknown authority, and it is told no password', async () => {
    const good = await testRoot('edge root');
    hub.workload.trustBundlePem = good.certificatePem;
    started = await startClient(hub.environment);
    await eventually(() => assert.match(String(warnings()[0]?.['reason']), /certificate/));
    assert.deepEqual(hub.connects, []);

    await hub.pause();
    await hub.certify(good);
    await hub.resume();
    await connects();
  });

  for (const returnCode of [3, 5]) {
    it(`edgeHub refused it with return code ${returnCode}`, async () => {
      hub.manners.connack = returnCode;
      started = await startClient(hub.environment);
      await eventually(() => assert.ok(hub.connects.length >= 2));

      hub.manners.connack = 0;
      await connects();
    });
  }

  it('edgeHub never answered its CONNECT, and the connection is closed', async () => {
    hub.manners.connack = undefined;
    const clock = new FakeClock();
    started = await startClient(hub.environment, clock);
    await eventually(() => assert.equal(hub.connects.length, 1));
    await clock.advance(59_000);
    assert.equal(hub.connects.length, 1);

    hub.manners.connack = 0;
    await clock.advance(2_000);
    await connects();
    await eventually(() => assert.equal(hub.openSockets, 1));
  });

  it('edgeHub took connections and said nothing on them, which are closed', async () => {
    await hub.pause();
    await hub.resumeMute();
    const clock = new FakeClock();
    started = await startClient(hub.environment, clock);
    for (let attempts = 1; attempts <= 5; attempts += 1) {
      await eventually(async () => {
        await clock.advance(1_000);
        assert.ok(hub.accepted > attempts);
      });
      assert.equal(hub.openSockets, 1);
    }
    await hub.pause();
    await hub.resume();
    await clock.advance(70_000);
    await connects();
  });

  it('the workload API was down', async () => {
    await hub.workload.stop();
    started = await startClient(hub.environment);
    await eventually(() => assert.match(String(warnings()[0]?.['reason']), /ECONNREFUSED/));

    await hub.workload.start();
    await connects();
  });

  const untilAskedTwice = async (manner: WorkloadManner): Promise<void> => {
    hub.workload.signManner = manner;
    started = await startClient(hub.environment);
    const isSign = (path: string) => path.includes('/sign');
    await eventually(() => assert.ok(hub.workload.asked.filter(isSign).length >= 2));
    assert.deepEqual(hub.connects, []);
    hub.workload.signManner = undefined;
  };

  it('the workload API failed to sign', async () => {
    await untilAskedTwice('fails');
    await connects();
  });

  it('the workload API answered without a signature, which would end the process', async () => {
    await untilAskedTwice('sends plain text');
    await connects();
  });

  it('the workload API gave no trust bundle', async () => {
    hub.workload.manner = 'sends plain text';
    hub.workload.signManner = 'answers';
    started = await startClient(hub.environment);
    await eventually(() => assert.match(String(warnings()[0]?.['reason']), /certificate/));
    assert.deepEqual(hub.connects, []);

    hub.workload.manner = 'answers';
    await connects();
  });

  it('the workload API never answered, and each request that was given up is closed', async () => {
    const clock = new FakeClock();
    hub.workload.manner = 'never answers';
    started = await startClient(hub.environment, clock);
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      if (attempt === 3) hub.workload.manner = 'answers';
      if (attempt === 3) hub.workload.signManner = 'never answers';
      await eventually(() => assert.equal(hub.workload.openSockets > 0, true));
      const asked = hub.workload.asked.length;
      await clock.advance(60_000);
      await clock.advance(5_000);
      await eventually(() => assert.ok(hub.workload.asked.length > asked));
      assert.ok(hub.workload.openSockets <= 2, `${hub.workload.openSockets} sockets`);
    }
    hub.workload.signManner = undefined;
    await clock.advance(65_000);
    await connects();
  });

  it('edgeHub ended every connection at once, which is not tried again without a pause', async () => {
    const clock = new FakeClock();
    hub.onConnect = () => setImmediate(() => hub.reset());
    started = await startClient(hub.environment, clock);
    let pauseMs = 0;
    for (let attempts = 1; attempts <= 6; attempts += 1) {
      const beforeMs = clock.monotonicMs();
      await eventually(async () => {
        await clock.advance(100);
        assert.ok(hub.connects.length > attempts);
      });
      pauseMs = clock.monotonicMs() - beforeMs;
    }
    assert.ok(pauseMs >= 800, `${pauseMs} ms before the last attempt`);

    hub.onConnect = () => {};
    await clock.advance(5_000);
    await eventually(() => assert.ok(hub.isConnected));
  });
});

describe('the log of a module that cannot connect', function () {
  this.timeout(20_000);

  it('does not grow with the attempts, and says the first, the count and the end', async () => {
    const hub = await MisbehavingEdgeHub.start();
    await hub.pause();
    const clock = new FakeClock();
    const started = await startClient(hub.environment, clock);
    try {
      await eventually(() => assert.equal(started.log.length, 1));
      for (let attempt = 0; attempt < 150; attempt += 1) {
        const asked = hub.workload.asked.length;
        await eventually(async () => {
          await clock.advance(2_500);
          assert.ok(hub.workload.asked.length > asked);
        });
      }
      assert.ok(started.log.length < 10, `${started.log.length} lines`);
      const said = started.log.reduce((sum, { attempts }) => sum + Number(attempts ?? 0), 0);
      assert.ok(said > 50, `${said} attempts said`);

      await hub.resume();
      await eventually(async () => {
        await clock.advance(5_000);
        assert.equal(started.log.at(-1)?.['msg'], 'connected to edgeHub');
      });
    } finally {
      await started.stop();
      await hub.stop();
    }
  });
});
