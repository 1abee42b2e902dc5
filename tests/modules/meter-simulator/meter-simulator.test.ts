import assert from 'node:assert/strict';
import { meterSimulator } from '../../../modules/meter-simulator/src/meter-simulator.ts';
import type { Reading } from '../../../modules/shared/src/wire-contract.ts';
import { readVirtualJournal } from '../../../simulator/proof/oracle/measured.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeModule } from '../../support/fake-module.ts';

describe('meter simulator', function () {
  this.timeout(10_000);
  let module: FakeModule<typeof meterSimulator.schema.shape>;
  const readings = () => module.client.bodies('readings').flat() as Reading[];
  const journal = () =>
    readVirtualJournal(module.databasePath).flatMap(({ id, readings: all }) =>
      all.map(({ seq, time, temp }) => ({ id, time, temp, seq })),
    );

  beforeEach(() => {
    module = new FakeModule(meterSimulator);
    module.client.withholds = true;
  });

  afterEach(() => module.end());

  it('is silent by default', async () => {
    module.client.connect();
    await module.clock.advance(60_000);

    assert.equal(module.client.sent.length, 0);
  });

  it('sends the readings of all its meters in one message per interval', async () => {
    module.client.connect({ virtualMeters: 3, intervalSeconds: 10 });
    await settled();
    await module.clock.advance(20_500);

    assert.equal(module.client.sent.length, 3);
    assert.deepEqual(
      readings().map(({ id }) => id.slice(-9)),
      Array.from({ length: 3 }, () => ['Virtual01', 'Virtual02', 'Virtual03']).flat(),
    );
    assert.match(
      module.client.sent[0]?.messageId ?? '',
      /^telemetry\/gateway-01-Virtual\/\d+-\d+$/,
    );
  });

  it('has a reading in its journal before anybody can see it', async () => {
    module.client.connect({ virtualMeters: 2, intervalSeconds: 10 });
    await settled();
    assert.equal(journal().length, 2);
    assert.deepEqual(journal(), readings());
  });

  it('counts on across a restart, from the time of installation', async () => {
    const installedMs = module.clock.nowMs();
    module.client.connect({ virtualMeters: 1, intervalSeconds: 10 });
    await settled();
    await module.clock.advance(10_500);
    await module.restart();
    module.client.connect({ virtualMeters: 1, intervalSeconds: 10 });
    await module.clock.advance(10_000);

    assert.deepEqual(
      journal().map(({ seq }) => (seq ?? 0) - installedMs),
      [0, 1, 2],
    );
  });
});
