import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { averager } from '../../../modules/averager/src/averager.ts';
import { FakeModule } from '../../support/fake-module.ts';

const at = (seconds: number) =>
  new Date(Date.parse('2026-06-01T11:00:00Z') + seconds * 1_000).toISOString();

const reading = (seconds: number, temp: number) => ({
  id: 'Meter01',
  time: at(seconds),
  temp,
  seq: 5_000 + seconds,
});

describe('averager', function () {
  this.timeout(10_000);
  let module: FakeModule<typeof averager.schema.shape>;

  beforeEach(() => {
    module = new FakeModule(averager);
    module.client.connect();
  });

  afterEach(() => module.end());

  it('sends the mean of each window with a message id that says which', async () => {
    await module.client.deliver('readings', [reading(10, 70), reading(20, 72), reading(330, 75)]);

    const [message] = module.client.sent;
    assert.equal(message?.messageId, 'average/Meter01/2026-06-01T11:05:00Z/r0');
    assert.deepEqual(module.client.bodies('averages'), [
      {
        id: 'Meter01',
        windowStart: '2026-06-01T11:00:00Z',
        windowEnd: '2026-06-01T11:05:00Z',
        average: 71,
        minimum: 70,
        maximum: 72,
        count: 2,
        // Numbered by the second: 10 to 20.
        expectedCount: 11,
        revision: 0,
      },
    ]);
  });

  it('leaves the database of a newer version as it is, whole as that is', async () => {
    await module.client.deliver('readings', [reading(10, 70), reading(330, 75)]);
    const newer = module.restart(() => {
      const database = new Sqlite(module.databasePath);
      database.exec("CREATE TABLE later (name TEXT); INSERT INTO later VALUES ('kept')");
      database.pragma('user_version = 99');
      database.close();
    });

    await assert.rejects(newer, { code: 'DATABASE_NEWER' });
    const database = new Sqlite(module.databasePath, { readonly: true });
    assert.equal(database.prepare('SELECT name FROM later').pluck().get(), 'kept');
    database.close();
  });

  it('closes the windows of a meter that stops sending', async () => {
    await module.client.deliver('readings', reading(10, 70));
    await module.clock.advance(59_000);
    assert.equal(module.client.sent.length, 0);

    await module.clock.advance(2_000);
    assert.equal(module.client.sent.length, 1);
  });

  it('lets very many averages share messages, each with an id of its own', async () => {
    const ids = Array.from({ length: 450 }, (_, number) => `Meter${number}`);
    for (const seconds of [10, 400]) {
      await module.client.deliver(
        'readings',
        ids.map((id) => ({ ...reading(seconds, 70), id })),
      );
    }
    assert.deepEqual(
      module.client.bodies('averages').map((body) => (body as unknown[]).length),
      [200, 200, 50],
    );
    assert.deepEqual(
      module.client
        .bodies('averages')
        .flatMap((body) => (body as { id: string }[]).map(({ id }) => id)),
      ids,
    );
    const [first] = module.client.sent;
    assert.equal(first?.messageId, 'average/Meter0/2026-06-01T11:05:00Z/r0+199');
    assert.equal(new Set(module.client.sent.map(({ messageId }) => messageId)).size, 3);
  });

  it('lets averages wait for each other for a moment when they come all the time', async () => {
    const meters = Array.from({ length: 30 }, (_, meter) => `Meter${meter}`);
    for (const id of meters) {
      await module.client.deliver('readings', [
        { ...reading(10, 70), id },
        { ...reading(340, 70), id },
      ]);
    }
    const sentAtOnce = module.client.sent.length;
    await module.clock.advance(250);

    assert.equal(sentAtOnce, 8);
    assert.equal(module.client.sent.length, 9);
    const averages = module.client.bodies('averages').flat() as { id: string }[];
    assert.deepEqual(averages.map(({ id }) => id).toSorted(), meters.toSorted());
  });

  it('issues the averages that waited for others after a restart', async () => {
    const meters = Array.from({ length: 30 }, (_, meter) => `Meter${meter}`);
    for (const id of meters) {
      const readings = [10, 340].map((seconds) => ({ ...reading(seconds, 70), id }));
      await module.client.deliver('readings', readings);
    }
    const before = module.client.bodies('averages').flat() as { id: string }[];
    await module.restart();
    module.client.connect();
    await module.clock.advance(60_000);

    const after = module.client.bodies('averages').flat() as { id: string; windowEnd: string }[];
    const first = after.filter(({ windowEnd }) => windowEnd === '2026-06-01T11:05:00Z');
    assert.equal(before.length, 8);
    const ids = [...before, ...first].map(({ id }) => id);
    assert.deepEqual(ids.toSorted(), meters.toSorted());
  });

  it('sends a late burst as one revision', async () => {
    await module.client.deliver('readings', [reading(10, 70), reading(400, 70)]);
    for (const seconds of [20, 30, 40])
      await module.client.deliver('readings', reading(seconds, 80));
    await module.clock.advance(2_000);

    assert.deepEqual(
      module.client.sent.map(({ messageId }) => messageId),
      ['average/Meter01/2026-06-01T11:05:00Z/r0', 'average/Meter01/2026-06-01T11:05:00Z/r1'],
    );
    assert.equal(module.status()['late'], 3);
  });

  it('goes on with its open windows after a restart', async () => {
    await module.client.deliver('readings', reading(10, 70));
    await module.restart();
    module.client.connect();
    await module.client.deliver('readings', [reading(10, 70), reading(20, 80), reading(330, 0)]);

    assert.deepEqual(
      module.client.bodies('averages').map((body) => (body as { average: number }).average),
      [75],
    );
    assert.equal(module.status()['repeats'], 1);
  });

  it('refuses a reading that is days ahead of a clock that can be right', async () => {
    for (let round = 0; round < 2; round += 1) {
      const time = new Date(module.clock.nowMs()).toISOString();
      await module.client.deliver('readings', { ...reading(round, 70), time });
      await module.clock.advance(10_000);
    }
    await module.client.deliver('readings', { ...reading(2, 70), time: '2026-06-04T00:00:00Z' });

    assert.equal(module.status()['quarantined'], 1);
  });

  it('uses another window length from the moment its twin says so', async () => {
    module.client.handlers.desired({ version: 2, properties: { windowSeconds: 60 } });
    await module.client.deliver('readings', [reading(10, 70), reading(90, 80)]);

    assert.equal(module.client.sent[0]?.messageId, 'average/Meter01/2026-06-01T11:01:00Z/r0');
  });

  it('issues the open windows before it uses another window length, whatever comes with it', async () => {
    await module.client.deliver('readings', reading(10, 70));
    module.client.handlers.desired({ version: 2, properties: { windowSeconds: 60 } });
    await module.client.deliver('readings', [reading(290, 80), reading(400, 80)]);

    const issued = module.client.bodies('averages') as { average: number; revision: number }[];
    assert.deepEqual(
      issued.map(({ average, revision }) => [average, revision]),
      [
        [70, 0],
        [75, 1],
      ],
    );
  });

  it('remembers across a restart which length windows had', async () => {
    for (const time of ['11:59:50', '11:59:52']) {
      const confirming = { id: 'Meter02', time: `2026-06-01T${time}Z`, temp: 70 };
      await module.client.deliver('readings', confirming);
      await module.clock.advance(1_000);
    }
    module.client.handlers.desired({ version: 2, properties: { windowSeconds: 60 } });
    await module.restart();
    module.client.connect({ windowSeconds: 60 }, 2);
    await module.client.deliver('readings', [reading(10, 70), reading(400, 70)]);

    const ids = module.client.sent.map(({ messageId }) => messageId);
    assert.ok(ids.includes('average/Meter01/2026-06-01T11:05:00Z/r0'), ids.join());
  });

  it('forgets no window that it still counts readings into', async () => {
    const month = 30 * 86_400;
    const early = (seconds: number) => ({ ...reading(seconds, 60), seq: month + seconds });
    await module.client.deliver('readings', [early(10 - month), early(400 - month)]);
    await module.client.deliver('readings', reading(150, 70));
    await module.clock.advance(120_000);
    await module.client.deliver('readings', early(20 - month));
    await module.clock.advance(20_000);

    const issued = module.client.bodies('averages') as { windowEnd: string; count: number }[];
    const counts = issued
      .filter(({ windowEnd }) => windowEnd === '2026-05-02T11:05:00Z')
      .map(({ count }) => count);
    assert.deepEqual(counts, [1, 2]);
  });
});
