import assert from 'node:assert/strict';
import { join } from 'node:path';
import { peek } from '../../../../simulator/azure/control/peek.ts';
import { openEventLog } from '../../../../simulator/azure/event-hubs/event-log.ts';
import { textEvent } from '../../../support/events.ts';
import { testSettings } from '../../../support/settings.ts';

describe('a look at an event hub', () => {
  it('shows the newest bodies as JSON where that can be done, else as text', async () => {
    const { settings, cleanup } = await testSettings();
    const path = join(settings.stateFolder, 'azure', 'event-hubs.db');
    const log = openEventLog(path, [{ name: 'hub', partitionCount: 1, consumerGroups: [] }]);
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const texts = ['{"a":1}', 'no json', deep, '"old"'];
    for (const text of texts.toReversed()) await log.append('hub', undefined, [textEvent(text)]);

    const events = peek(log, 'hub', 3);
    assert.deepEqual(
      events.map(({ body }) => body),
      [{ a: 1 }, 'no json', deep],
    );
    assert.ok(JSON.stringify(events).includes(deep));
    await log.close();
    await cleanup();
  });
});
