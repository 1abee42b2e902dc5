import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../../modules/shared/src/database.ts';
import { DURABLE_SCHEMA } from '../../../modules/shared/src/durable-schema.ts';
import { storeAndForward } from '../../../modules/store-and-forward/src/store-and-forward.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeModule } from '../../support/fake-module.ts';

const MIGRATIONS = [DURABLE_SCHEMA, ...storeAndForward.migrations];
/** The least there is: 8 MiB of it are for the log and for what a transaction adds. */
const LIMIT = 9_437_184;
const ROOMY = 16_777_216;
const BASE_MS = Date.parse('2026-06-01T00:00:00Z');

/** Readings that compress badly: full doubles, and a field of its own with each. */
function batch(first: number, size: number) {
  return Array.from({ length: size }, (_, index) => {
    const seq = first + index;
    return {
      id: `Meter0${seq % 5}`,
      time: new Date(BASE_MS + seq * 1_000).toISOString(),
      temp: 70 + Math.sin(seq),
      seq,
      note: `${Math.sin(seq * 7)}${Math.cos(seq * 3)}${Math.tan(seq)}`,
    };
  });
}

describe('store-and-forward on a limited disk', function () {
  this.timeout(20_000);
  let module: FakeModule<typeof storeAndForward.schema.shape>;
  let largest = 0;
  const look = () => {
    const sizes = readdirSync(module.folder).map(
      (name) => statSync(join(module.folder, name)).size,
    );
    largest = Math.max(
      largest,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  };
  const number = (name: string) => Number(module.status()[name]);

  beforeEach(() => {
    largest = 0;
    module = new FakeModule(storeAndForward);
    module.client.fails = true;
    module.client.connect({ maxDiskBytes: ROOMY, maxDelaySeconds: 1 });
  });

  afterEach(() => module.end());

  async function fill(readings: number, from = 0): Promise<void> {
    for (let first = from; first < from + readings; first += 2_000) {
      await module.client.deliver('telemetry', batch(first, 1_000));
      await module.client.deliver('telemetry', batch(first + 1_000, 1_000));
      look();
    }
  }

  /** Lets everything go up, and counts readings by how they arrived. */
  async function drain() {
    module.client.fails = false;
    module.client.handlers.connected();
    for (
      let turn = 0;
      turn < 400 && number('backlogBlocks') + number('outboxRows') > 0;
      turn += 1
    ) {
      await module.clock.advance(1_000);
      look();
    }
    await module.clock.advance(20_000);
    let delivered = 0;
    let told = 0;
    for (const { properties, body } of module.client.sent) {
      const entries = JSON.parse(body) as { count: number }[];
      if (properties['kind'] === 'telemetry') delivered += entries.length;
      else told += entries.reduce((sum, { count }) => sum + count, 0);
    }
    return { delivered, told };
  }

  it('never takes more than its limit, and accounts for every reading', async () => {
    module.client.connect({ maxDiskBytes: LIMIT, maxDelaySeconds: 1 }, 2);
    await fill(40_000);
    assert.ok(number('ledgerReadings') > 0, 'nothing had to go');
    await module.restart();
    module.client.connect({ maxDiskBytes: LIMIT, maxDelaySeconds: 1 });
    const { delivered, told } = await drain();

    assert.ok(largest <= LIMIT, `${largest} bytes`);
    assert.equal(delivered + told, 40_000);
    assert.equal(number('backlogReadings'), 0);
    // What all modules count says the same.
    assert.deepEqual([number('lost'), number('delivered')], [told, delivered]);
    assert.ok(told > 0 && delivered > 0);
  });

  it('gives the disk back when the backlog has drained, but for what it keeps to send again', async () => {
    const share = { maxDiskBytes: ROOMY, maxDelaySeconds: 1, deliveredSharePercent: 4 };
    module.client.connect(share, 2);
    await fill(50_000);
    const before = look();
    await drain();
    const kept = number('deliveredBytes');

    assert.ok(before > 3_000_000, `${before} bytes`);
    assert.ok(kept > 200_000 && kept <= ROOMY * 0.04, `${kept} bytes kept`);
    // And a megabyte of log, which stays for the next commits.
    assert.ok(look() < kept + 1_900_000, `${look()} bytes`);
  });

  it('keeps nothing to send again when anything that waits needs the room, or its share is nought', async () => {
    module.client.connect({ maxDiskBytes: LIMIT, maxDelaySeconds: 1 }, 2);
    await fill(4_000);
    await drain();
    assert.ok(number('deliveredMessages') > 0);
    module.client.fails = true;
    await fill(30_000, 4_000);
    assert.ok(number('ledgerReadings') > 0, 'nothing had to go');
    assert.equal(number('deliveredBytes'), 0);

    module.client.connect({ maxDiskBytes: LIMIT, maxDelaySeconds: 1, deliveredSharePercent: 0 }, 3);
    await drain();
    assert.equal(number('deliveredBytes'), 0);
  });

  it('goes on past a damaged block, and tells how many readings were in it', async () => {
    await fill(40_000);
    await module.restart(() => {
      const { database, close } = openDatabase(module.databasePath, [...MIGRATIONS]);
      database.exec("UPDATE blocks SET content = x'0100' WHERE first_number % 2 = 0");
      close();
    });
    module.client.connect({ maxDiskBytes: ROOMY, maxDelaySeconds: 1 });
    const { delivered, told } = await drain();

    assert.equal(delivered + told, 40_000);
    assert.ok(told > 0);
    assert.match(JSON.stringify(module.client.sent), /damaged on disk/);
    assert.equal(number('backlogReadings'), 0);
  });

  it('tells how many readings grew too old', async () => {
    await fill(40_000);
    await module.clock.advance(2_000);
    assert.ok(number('backlogRows') >= number('outboxRows') + number('backlogBlocks'));
    assert.ok(number('backlogBytes') > number('outboxBytes') + 10_000);
    assert.ok(number('backlogAgeSeconds') > 1);
    module.clock = new FakeClock('2026-06-01T14:00:00Z');
    await module.restart();
    module.client.fails = true;
    module.client.connect({ maxDiskBytes: ROOMY, maxDelaySeconds: 1, timeToLiveSeconds: 3_600 });
    await module.clock.advance(10_000);
    const { delivered, told } = await drain();

    assert.equal(delivered + told, 40_000);
    assert.ok(told > 0);
    assert.match(JSON.stringify(module.client.sent), /older than timeToLiveSeconds/);
  });
});
