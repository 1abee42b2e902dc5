import assert from 'node:assert/strict';
import { join } from 'node:path';
import { z } from 'zod';
import { readArchive } from '../../simulator/proof/observe/archive.ts';
import { readJournal } from '../../simulator/proof/oracle/measured.ts';
import { controlClient } from '../../simulator/wire/control-api.ts';
import { PROCESS_NAMES } from '../../simulator/supervisor/processes.ts';
import { eventually } from '../support/eventually.ts';
import { startTestSystem, type TestSystem } from '../support/local-system.ts';

const MetersStatus = z.object({ produced: z.number(), acknowledged: z.number() });
const LinkStatus = z.object({ up: z.boolean() });
const SETTLING_MS = 40_000;

describe('local system under kill -9', function () {
  this.timeout(60_000);
  let test: TestSystem;
  before(async () => {
    test = await startTestSystem({ count: 3, direct: 1, intervalMs: 50, historySeconds: 0 });
  });
  after(() => test.end());

  const acknowledged = async () => {
    const status = await controlClient(test.system.settings, 'meters').get('/status');
    return MetersStatus.parse(status).acknowledged;
  };
  /** Resolves when more readings are acknowledged than were when the meters answered first. */
  const metersGoOn = async () => {
    let before = Number.POSITIVE_INFINITY;
    await eventually(async () => {
      before = Math.min(before, await acknowledged());
      assert.ok((await acknowledged()) > before + 10);
    }, SETTLING_MS);
  };

  // Azurite is not ours and may lose what it acknowledged last; see docs/differences.md.
  const notHere: readonly string[] = ['azurite', 'power-bi', 'tpm'];
  for (const name of PROCESS_NAMES.filter((process) => !notHere.includes(process))) {
    it(`goes on when ${name} is killed`, async () => {
      const { system } = test;
      const pid = system.pids()[name];
      assert.ok(pid !== undefined);

      system.kill(name);

      await eventually(() => {
        const next = system.pids()[name];
        assert.ok(next !== undefined && next !== pid);
      });
      await metersGoOn();
    });
  }

  it('remembers a cut link across a kill of the link', async () => {
    const { system } = test;
    const link = controlClient(system.settings, 'link');
    await link.post('/cut');

    system.kill('link');

    await eventually(async () => {
      assert.equal(LinkStatus.parse(await link.get('/status')).up, false);
    });
    await link.post('/mend');
  });

  it('has everything in the archive that was measured until then', async () => {
    const { settings } = test.system;
    const measured = readJournal(join(settings.stateFolder, 'meters', 'journal.db'));
    const readings = measured.flatMap(({ id, readings: own }) =>
      own.map(({ seq, time, temp }) => JSON.stringify([id, seq, Date.parse(time), temp])),
    );
    assert.ok(readings.length > 200);

    await eventually(async () => {
      const archive = await readArchive(settings);
      const archived = new Set(
        archive.map(({ id, seq, time, temp }) => JSON.stringify([id, seq, Date.parse(time), temp])),
      );
      assert.deepEqual(
        readings.filter((reading) => !archived.has(reading)),
        [],
      );
    }, SETTLING_MS);
  });
});
