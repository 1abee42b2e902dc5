import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { anomalyDetector } from '../../../modules/anomaly-detector/src/anomaly-detector.ts';
import { Anomaly } from '../../../modules/shared/src/wire-contract.ts';
import { FakeModule } from '../../support/fake-module.ts';

const BASE_MS = Date.parse('2026-06-01T11:00:00Z');
const reading = (seq: number, temp = 70 + (seq % 3)) => ({
  id: 'Meter01',
  time: new Date(BASE_MS + seq * 1_000).toISOString(),
  temp,
  seq,
});
const quiet = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => reading(from + index));

describe('anomaly detector', function () {
  this.timeout(10_000);
  let module: FakeModule<typeof anomalyDetector.schema.shape>;

  beforeEach(() => {
    module = new FakeModule(anomalyDetector);
    module.client.connect({ historySize: 20 });
  });

  afterEach(() => module.end());

  it('sends an anomaly as the wire contract has it', async () => {
    await module.client.deliver('readings', [...quiet(1, 31), reading(31, 95)]);

    const [body] = module.client.bodies('anomalies');
    const anomaly = Anomaly.parse(body);
    assert.equal(module.client.sent[0]?.messageId, 'anomaly/Meter01/31');
    assert.deepEqual([anomaly.direction, anomaly.temp, anomaly.historySize], ['spike', 95, 20]);
  });

  it('goes on with its history after a restart', async () => {
    await module.client.deliver('readings', quiet(1, 31));
    await module.restart();
    module.client.connect({ historySize: 20 });
    await module.client.deliver('readings', [reading(30), reading(31, 45)]);

    assert.equal(module.client.sent.length, 1);
    assert.equal(module.status()['repeats'], 1);
  });

  it('begins anew on a memory that is cut short, instead of failing again and again', async () => {
    await module.client.deliver('readings', quiet(1, 31));
    await module.restart(() => {
      const database = new Sqlite(module.databasePath);
      database.exec("UPDATE meters SET memory = x'0102030405'");
      database.close();
    });
    for (let life = 0; life < 3; life += 1) {
      module.client.connect({ historySize: 20 });
      await module.client.deliver('readings', reading(31));
      if (module.failures.splice(0).length > 0) await module.restart();
    }

    module.client.connect({ historySize: 20 });
    assert.ok((await module.client.deliver('readings', reading(32))).acknowledged);
  });

  it('is refused by programs that read times as texts alone, instead of taken for damaged', () => {
    const textsVersion = 4;
    const database = new Sqlite(module.databasePath, { readonly: true });
    const version = Number(database.pragma('user_version', { simple: true }));
    database.close();

    assert.ok(version > textsVersion, `version ${version}`);
  });

  it('gives up a gap after thirty seconds', async () => {
    await module.client.deliver('readings', [...quiet(1, 31), reading(32, 95)]);
    assert.equal(module.client.sent.length, 0);

    await module.clock.advance(30_500);
    assert.equal(module.client.sent.length, 1);
    await module.client.deliver('readings', reading(31));
    assert.equal(module.status()['late'], 1);
  });

  it('keeps readings that wait for a predecessor across a restart', async () => {
    await module.client.deliver('readings', [...quiet(1, 30), reading(31, 95)]);
    await module.restart();
    module.client.connect({ historySize: 20 });
    await module.client.deliver('readings', reading(30));

    assert.equal(module.client.sent[0]?.messageId, 'anomaly/Meter01/31');
  });
});
