import assert from 'node:assert/strict';
import { z } from 'zod';
import { controlClient } from '../../simulator/wire/control-api.ts';
import { PROCESS_NAMES } from '../../simulator/supervisor/processes.ts';
import { eventually } from '../support/eventually.ts';
import { startTestSystem, type TestSystem } from '../support/local-system.ts';

const MetersStatus = z.object({ produced: z.number(), acknowledged: z.number() });

describe('local system under kill -9', function () {
  this.timeout(120_000);
  let test: TestSystem;
  before(async () => {
    test = await startTestSystem({ count: 3, direct: 1, intervalMs: 50, historySeconds: 0 });
  });
  after(() => test.end());

  const produced = async () =>
    MetersStatus.parse(await controlClient(test.system.settings, 'meters').get('/status'));

  // Azurite is not ours and may lose what it acknowledged last; see docs/differences.md.
  for (const name of PROCESS_NAMES.filter((process) => process !== 'azurite')) {
    it(`goes on when ${name} is killed`, async () => {
      const { system } = test;
      const pid = system.pids()[name];
      assert.ok(pid !== undefined);

      system.kill(name);

      await eventually(() => {
        const next = system.pids()[name];
        assert.ok(next !== undefined && next !== pid);
      });
      const { acknowledged } = await eventuallyValue(produced);
      await eventually(async () => {
        assert.ok((await produced()).acknowledged > acknowledged + 10);
      }, 30_000);
    });
  }
});

/** The first answer of something that may be restarting. */
async function eventuallyValue<T>(ask: () => Promise<T>): Promise<T> {
  let answer: { readonly value: T } | undefined;
  await eventually(async () => {
    answer = { value: await ask() };
  }, 30_000);
  assert.ok(answer !== undefined);
  return answer.value;
}
