import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { averager } from '../../../modules/averager/src/averager.ts';
import { meterSimulator } from '../../../modules/meter-simulator/src/meter-simulator.ts';
import { storeAndForward } from '../../../modules/store-and-forward/src/store-and-forward.ts';
import { LedgerEntry } from '../../../modules/shared/src/wire-contract.ts';
import { FakeModule } from '../../support/fake-module.ts';

const at = (iso: string, seq: number) => ({ id: 'Meter01', time: iso, temp: 70, seq });
/** After 'now', which is 30 days before, one that is older than the averager's horizon. */
const NOW = at('2026-06-01T11:59:00Z', 500);
const TOO_OLD = at('2026-03-01T00:00:00Z', 1);

describe('a module that loses something', function () {
  this.timeout(10_000);
  let module: FakeModule<typeof averager.schema.shape>;

  beforeEach(() => {
    module = new FakeModule(averager);
    module.client.connect();
  });

  afterEach(() => module.end());

  const ledger = () => module.client.sent.filter(({ output }) => output === 'ledger');

  it('tells so on its output ledger', async () => {
    await module.client.deliver('readings', [NOW, TOO_OLD]);

    const [message] = ledger();
    assert.deepEqual(message?.properties, { kind: 'ledger' });
    assert.match(message.messageId, /^ledger\/gateway-01\/module-01\/\d+$/);
    assert.deepEqual(JSON.parse(message.body), [
      {
        lostKind: 'average',
        id: 'Meter01',
        from: '2026-03-01T00:00:00.000Z',
        to: '2026-03-01T00:00:00.000Z',
        count: 1,
        reason: 'its window is no longer kept',
      },
    ]);
  });

  it('commits the message with what it tells of, and sends the same one after a restart', async () => {
    module.client.withholds = true;
    await module.client.deliver('readings', [NOW, TOO_OLD]);
    const [before] = ledger();
    await module.restart();
    module.client.connect();
    await module.clock.advance(1_000);

    assert.deepEqual(ledger(), [before]);
    const database = new Sqlite(module.databasePath, { readonly: true });
    assert.equal(database.prepare('SELECT COUNT(*) FROM losses').pluck().get(), 0);
    database.close();
  });

  it('says how long its message waits also when the clock was set', async () => {
    module.client.withholds = true;
    module.clock.step(-3_600_000);
    await module.client.deliver('readings', [NOW, TOO_OLD]);
    await module.clock.advance(20_000);

    assert.equal(ledger().length, 1);
    const age = Number(module.status()['backlogAgeSeconds']);
    assert.ok(age > 0 && age <= 21, String(age));
  });

  it('adds losses up while a message waits, and counts each of them once', async () => {
    module.client.withholds = true;
    for (let seq = 1; seq <= 20; seq += 1) {
      await module.client.deliver('readings', [NOW, { ...TOO_OLD, seq }]);
      await module.clock.advance(5_000);
    }
    assert.equal(ledger().length, 1);
    await module.client.release();
    await module.clock.advance(20_000);

    const entries = ledger().flatMap(({ body }) => LedgerEntry.array().parse(JSON.parse(body)));
    assert.equal(entries.length, 2);
    assert.equal(
      entries.reduce((sum, { count }) => sum + count, 0),
      20,
    );
  });
});

describe('input that nobody can use', function () {
  this.timeout(10_000);

  it('is told upstream by store-and-forward, by sender, kind and reason', async () => {
    const module = new FakeModule(storeAndForward);
    module.client.connect();
    const meter = { properties: { '$.cdid': 'Meter07' } };
    await module.client.deliver('telemetry', 'not JSON', meter);
    await module.client.deliver('telemetry', [NOW, { ...NOW, temp: 'warm' }], {});
    await module.client.deliver('averages', [{ bad: 1 }, { bad: 2 }], {
      properties: { kind: 'average', '$.cdid': 'gateway-01', '$.cmid': 'averager' },
    });
    await module.clock.advance(10_000);

    const entries = module.client.sent
      .filter(({ properties }) => properties['kind'] === 'ledger')
      .flatMap(({ body }) => LedgerEntry.array().parse(JSON.parse(body)));
    assert.deepEqual(
      entries.map(({ lostKind, id, count, reason }) => [lostKind, id, count, reason.slice(0, 20)]),
      [
        ['telemetry', 'Meter07', 1, 'the body is not JSON'],
        ['average', undefined, 2, 'not a valid average'],
        ['telemetry', undefined, 1, 'not a reading'],
      ],
    );
    await module.end();
  });

  it('costs no message each time', async () => {
    const module = new FakeModule(storeAndForward);
    module.client.connect();
    for (let count = 0; count < 100; count += 1) await module.client.deliver('telemetry', '!');
    await module.clock.advance(10_000);

    const counts = module.client.sent
      .flatMap(({ body }) => LedgerEntry.array().parse(JSON.parse(body)))
      .map(({ count }) => count);
    assert.deepEqual(counts, [1, 99]);
    await module.end();
  });

  it('is told by nobody else', async () => {
    for (const module of [new FakeModule(averager), new FakeModule(meterSimulator)]) {
      module.client.connect();
      await module.client.deliver('readings', 'not JSON');
      await module.clock.advance(20_000);

      assert.equal(module.status()['quarantined'], 1);
      assert.deepEqual(module.client.sent, []);
      await module.end();
    }
  });
});
