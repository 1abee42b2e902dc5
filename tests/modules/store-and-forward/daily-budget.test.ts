import assert from 'node:assert/strict';
import {
  billedMessages,
  filledBodyBytes,
  mostBodyBytes,
} from '../../../modules/store-and-forward/src/core/billing.ts';
import { DailyBudget } from '../../../modules/store-and-forward/src/core/daily-budget.ts';
import { storeAndForward } from '../../../modules/store-and-forward/src/store-and-forward.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';
import { FakeModule } from '../../support/fake-module.ts';

const NOON_MS = Date.parse('2026-06-01T12:00:00Z');
const MIDNIGHT_MS = Date.parse('2026-06-02T00:00:00Z');

describe('billing', () => {
  it('counts every begun 4 KiB, and fills bodies to just under', () => {
    assert.equal(billedMessages(mostBodyBytes(65_536)), 16);
    assert.equal(billedMessages(mostBodyBytes(65_536) + 1), 17);
    assert.equal(billedMessages(1), 1);
    assert.deepEqual([3_583, 3_584, 7_679, 7_680].map(filledBodyBytes), [0, 3_584, 3_584, 7_680]);
  });
});

describe('daily budget', () => {
  const spent = (used: number, limit: number) => {
    const budget = new DailyBudget();
    budget.limit = limit;
    budget.reserve(used);
    budget.settle(used, true, NOON_MS);
    return budget;
  };
  const open = (budget: DailyBudget, atMs = NOON_MS) =>
    [0, 1, 2, 3, 4].map((priority) => budget.admits(priority, 1, atMs));

  it('keeps a fifth for averages and the ledger, and never holds an anomaly', () => {
    assert.deepEqual(open(spent(799, 1_000)), [true, true, true, true, true]);
    assert.deepEqual(open(spent(800, 1_000)), [true, true, false, false, false]);
    assert.deepEqual(open(spent(1_000, 1_000)), [true, false, false, false, false]);
    assert.deepEqual(open(spent(5_000, 0)), [true, true, true, true, true]);
  });

  it('begins anew at midnight in UTC', () => {
    const budget = spent(1_000, 1_000);

    assert.deepEqual(open(budget, MIDNIGHT_MS - 1), [true, false, false, false, false]);
    assert.deepEqual(open(budget, MIDNIGHT_MS), [true, true, true, true, true]);
    assert.equal(budget.usedAt(MIDNIGHT_MS).used, 0);
  });

  it('holds the place of what is under way, and counts what edgeHub acknowledged', () => {
    const budget = spent(0, 1_000);
    budget.reserve(800);
    assert.equal(budget.admits(2, 1, NOON_MS), false);

    budget.settle(800, false, NOON_MS);
    assert.equal(budget.admits(2, 1, NOON_MS), true);
    assert.equal(budget.usedAt(NOON_MS).used, 0);
  });
});

describe('store-and-forward with a daily budget', function () {
  this.timeout(10_000);
  let module: FakeModule<typeof storeAndForward.schema.shape>;
  const CONFIG = { maxDelaySeconds: 1, maxMessageBytes: 4_096, maxBilledMessagesPerDay: 100 };
  const reading = (seq: number) => ({
    id: 'Meter01',
    time: new Date(NOON_MS + seq * 1_000).toISOString(),
    temp: 70,
    seq,
  });
  const average = (minute: number) => ({
    id: 'Meter01',
    windowStart: new Date(NOON_MS + (minute - 5) * 60_000).toISOString(),
    windowEnd: new Date(NOON_MS + minute * 60_000).toISOString(),
    average: 70,
    minimum: 69,
    maximum: 71,
    count: 30,
    revision: 0,
  });
  const anomaly = (seq: number) => ({
    id: 'Meter01',
    time: new Date(NOON_MS + seq * 1_000).toISOString(),
    seq,
    temp: 90,
    direction: 'dip',
    score: 1e-8,
    confidence: 99.99,
    historySize: 120,
    usual: 70,
    recent: [],
  });
  const sent = (kind: string) =>
    module.client.sent.filter(({ properties }) => properties['kind'] === kind).length;

  beforeEach(async () => {
    module = new FakeModule(storeAndForward);
    module.clock = new FakeClock('2026-06-01T23:50:00Z');
    await module.restart();
    module.client.connect(CONFIG);
    await settled();
    const readings = Array.from({ length: 100 * 60 }, (_, seq) => reading(seq));
    for (let start = 0; start < readings.length; start += 500) {
      await module.client.deliver('telemetry', readings.slice(start, start + 500));
    }
  });

  afterEach(() => module.end());

  it('lets telemetry wait for the next day, across a restart, and loses none', async () => {
    await module.clock.advance(200_000);
    assert.equal(sent('telemetry'), 80);
    assert.deepEqual(
      [module.status()['billedMessagesToday'], module.status()['billedMessagesLeft']],
      [80, 20],
    );
    await module.restart();
    module.client.connect(CONFIG);
    await module.clock.advance(60_000);
    assert.equal(sent('telemetry'), 0);

    await module.clock.advance(MIDNIGHT_MS - module.clock.nowMs());
    await module.clock.advance(200_000);
    assert.equal(module.status()['backlogReadings'], 0);
  });

  it('lets averages go on while some is left, and anomalies whatever is left', async () => {
    await module.clock.advance(200_000);
    for (let minute = 0; minute < 30; minute += 1) {
      await module.client.deliver('averages', average(minute));
      await module.client.deliver('anomalies', anomaly(minute));
      await module.clock.advance(1_000);
    }

    assert.equal(sent('anomaly'), 30);
    assert.ok(sent('average') >= 9 && sent('average') <= 10, `${sent('average')} averages`);
    assert.equal(module.status()['billedMessagesLeft'], 0);
  });

  it('waits no longer when the limit is lifted', async () => {
    await module.clock.advance(200_000);
    module.client.handlers.desired({
      version: 2,
      properties: { ...CONFIG, maxBilledMessagesPerDay: 0 },
    });
    await module.clock.advance(200_000);

    assert.equal(module.status()['backlogReadings'], 0);
  });

  it('is not less than one large message needs', () => {
    module.client.handlers.desired({ version: 2, properties: { maxBilledMessagesPerDay: 99 } });

    assert.match(JSON.stringify(module.client.reports.at(-1)), /must be 0, or at least 100/);
  });
});
