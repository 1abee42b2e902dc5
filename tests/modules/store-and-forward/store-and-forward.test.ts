import assert from 'node:assert/strict';
import { storeAndForward } from '../../../modules/store-and-forward/src/store-and-forward.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeModule } from '../../support/fake-module.ts';

const reading = (seq: number) => ({
  id: 'Meter01',
  time: new Date(Date.parse('2026-06-01T11:00:00Z') + seq * 1_000).toISOString(),
  temp: 70,
  seq,
});
const AVERAGE = {
  id: 'Meter01',
  windowStart: '2026-06-01T11:00:00Z',
  windowEnd: '2026-06-01T11:05:00Z',
  average: 70,
  minimum: 69,
  maximum: 71,
  count: 30,
  revision: 0,
};
const ANOMALY = {
  id: 'Meter01',
  time: '2026-06-01T11:00:00Z',
  temp: 90,
  direction: 'spike',
  score: 1e-8,
  confidence: 99.99,
  historySize: 120,
  usual: 70,
  recent: [['2026-06-01T11:00:00Z', 90]],
};
const AVERAGE_ID = { messageId: 'average/Meter01/2026-06-01T11:05:00Z/r0' };

describe('store-and-forward', function () {
  this.timeout(10_000);
  let module: FakeModule<typeof storeAndForward.schema.shape>;
  const sentKinds = () => module.client.sent.map(({ properties }) => properties['kind']);
  const sentReadings = () => module.client.bodies('upstream').flat();

  beforeEach(async () => {
    module = new FakeModule(storeAndForward);
    module.client.connect({ maxDelaySeconds: 1 });
    await settled();
  });

  afterEach(() => module.end());

  it('packs readings into one message after a second, numbered without gaps', async () => {
    await module.client.deliver('telemetry', reading(1));
    await module.client.deliver('telemetry', [reading(2), reading(3)]);
    assert.equal(module.client.sent.length, 0);

    await module.clock.advance(1_300);
    const [pack] = module.client.sent;
    assert.deepEqual(sentReadings(), [reading(1), reading(2), reading(3)]);
    assert.match(pack?.messageId ?? '', /^telemetry\/gateway-01\/(\d+)-\d+$/);
    const [, first, last] = /(\d+)-(\d+)$/.exec(pack?.messageId ?? '') ?? [];
    assert.equal(Number(last) - Number(first), 2);
    assert.deepEqual(pack?.properties, { kind: 'telemetry', gateway: 'gateway-01' });
  });

  it('keeps readings that wait for company across a restart', async () => {
    await module.client.deliver('telemetry', [reading(1), reading(2)]);
    await module.restart();
    module.client.connect({ maxDelaySeconds: 1 });
    await module.clock.advance(2_000);

    assert.deepEqual(sentReadings(), [reading(1), reading(2)]);
  });

  it('forwards every reading once, whatever is repeated, restarted or full', async () => {
    module.client.handlers.desired({
      version: 2,
      properties: { maxMessageBytes: 4_096, maxDelaySeconds: 1 },
    });
    const all = Array.from({ length: 300 }, (_, index) => reading(index));
    for (let start = 0; start < 300; start += 7) {
      await module.client.deliver('telemetry', all.slice(Math.max(0, start - 3), start + 7));
    }
    await module.clock.advance(60_000);
    const before = sentReadings();
    await module.restart();
    module.client.connect({ maxMessageBytes: 4_096, maxDelaySeconds: 1 });
    await module.client.deliver('telemetry', all.slice(100, 130));
    await module.clock.advance(60_000);

    assert.deepEqual([...before, ...sentReadings()], all);
    assert.equal(module.status()['repeats'], 42 * 3 + 30);
    assert.equal(module.status()['backlogReadings'], 0);
    assert.ok(module.client.sent.every(({ body }) => Buffer.byteLength(body) <= 4_096));
  });

  it('forwards averages and anomalies unchanged, anomalies first', async () => {
    module.client.fails = true;
    await module.client.deliver('telemetry', reading(1));
    await module.clock.advance(1_500);
    await module.client.deliver('averages', AVERAGE, AVERAGE_ID);
    await module.client.deliver('anomalies', ANOMALY);
    module.client.fails = false;
    module.client.handlers.connected();
    await module.clock.advance(2_000);

    assert.deepEqual(sentKinds(), ['anomaly', 'average', 'telemetry']);
    assert.deepEqual(module.client.bodies('upstream').slice(0, 2), [ANOMALY, AVERAGE]);
    assert.equal(module.client.sent[1]?.messageId, AVERAGE_ID.messageId);
  });

  it('does not forward a result that comes again', async () => {
    await module.client.deliver('averages', AVERAGE, AVERAGE_ID);
    await module.restart();
    module.client.connect({ maxDelaySeconds: 1 });
    await module.client.deliver('averages', AVERAGE, AVERAGE_ID);
    await module.client.deliver('anomalies', ANOMALY);
    await module.client.deliver('anomalies', ANOMALY);

    assert.deepEqual(sentKinds(), ['anomaly']);
    assert.equal(module.status()['repeats'], 2);
  });

  it('sends no raw readings when the twin says none, and says how many stayed', async () => {
    module.client.handlers.desired({ version: 2, properties: { rawTelemetry: 'none' } });
    await module.client.deliver('telemetry', [reading(1), reading(2)]);
    await module.client.deliver('averages', AVERAGE, AVERAGE_ID);
    await module.clock.advance(5_000);

    assert.deepEqual(sentKinds(), ['average']);
    assert.equal(module.status()['thinnedReadings'], 2);
  });

  it('hands over a trickle while edgeHub does not say how long its queue is', async () => {
    module.client.handlers.desired({
      version: 2,
      properties: { maxMessageBytes: 4_096, maxDelaySeconds: 1 },
    });
    const many = Array.from({ length: 200 }, (_, index) => reading(index));
    await module.client.deliver('telemetry', many);
    await settled();
    assert.equal(module.client.sent.length, 1);

    await module.clock.advance(1_000);
    assert.equal(module.client.sent.length, 2);
  });

  it('puts aside what is neither average nor anomaly, and unknown inputs', async () => {
    await module.client.deliver('averages', { ...AVERAGE, count: 'many' });
    await module.client.deliver('anomalies', 'not json');
    await module.client.deliver('nowhere', AVERAGE);

    assert.equal(module.status()['quarantined'], 3);
    assert.ok(module.client.sent.every(({ properties }) => properties['kind'] === 'ledger'));
  });
});
