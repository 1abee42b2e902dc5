import assert from 'node:assert/strict';
import { z } from 'zod';
import type { DurableCore } from '../../../modules/shared/src/durable-core.ts';
import type { Effects } from '../../../modules/shared/src/effects.ts';
import type { InputMessage } from '../../../modules/shared/src/edge-client.ts';
import type { ModuleDefinition } from '../../../modules/shared/src/module-definition.ts';
import { FakeModule } from '../../support/fake-module.ts';

/** Sends every body on, and notes what is in the outbox before it settles. */
class Echo implements DurableCore<object> {
  rows = 0;
  configure(): void {}

  take({ body }: InputMessage, effects: Effects): void {
    this.rows = effects.outbox.rows;
    effects.send({ priority: 2, output: 'echo', messageId: `echo/${body}`, properties: {}, body });
  }

  settle(): void {}

  due(): boolean {
    return false;
  }
}

/** More inputs in a row than one tick of the module calls few. */
const BUSY = 40;

describe('messages that edgeHub has acknowledged, while input is committed all the time', function () {
  this.timeout(10_000);
  let core = new Echo();
  const definition: ModuleDefinition<Record<never, never>> = {
    databaseName: 'echo.db',
    migrations: [],
    schema: z.object({}),
    lostKind: 'telemetry',
    start: () => (core = new Echo()),
  };
  let module: FakeModule<Record<never, never>>;

  beforeEach(async () => {
    module = new FakeModule(definition);
    module.client.connect();
    for (let number = 0; number < BUSY; number += 1) {
      await module.client.deliver('in', String(number));
    }
  });

  afterEach(() => module.end());

  it('are forgotten before the next input is taken', async () => {
    assert.equal(module.status()['outboxRows'], 1);
    await module.client.deliver('in', '"next"');

    assert.equal(core.rows, 0);
  });

  it('count once when they are sent again, and acknowledged again, before they are forgotten', async () => {
    module.client.withholds = true;
    module.client.refuses = ({ body }) => body === '"bad"';
    module.client.offer('in', '"good"');
    await module.client.deliver('in', '"bad"');
    await module.client.release();
    module.client.refuses = () => false;
    module.client.connect();
    await module.clock.advance(250);

    const ids = module.client.sent.slice(BUSY).map(({ messageId }) => messageId);
    assert.deepEqual(ids, ['echo/"good"', 'echo/"good"', 'echo/"bad"']);
    assert.equal(module.status()['sent'], BUSY + 2);
    assert.equal(module.status()['outboxRows'], 0);
  });
});
