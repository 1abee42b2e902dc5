import assert from 'node:assert/strict';
import { record } from '../../../../simulator/azure/stream-analytics/core/values.ts';
import { EventHubOutput } from '../../../../simulator/azure/stream-analytics/live/event-hub-output.ts';
import { eventHubsConnectionString } from '../../../../simulator/wire/connection-strings.ts';
import { eventually } from '../../../support/eventually.ts';
import { startTestEventHubs, type TestEventHubs } from '../../../support/event-hubs.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';
import { eventsOf } from './live.ts';

const TOO_LARGE = 'x'.repeat(1_100_000);

describe('event hub output', function () {
  this.timeout(20_000);
  let test: TestSettings;
  let hubs: TestEventHubs;
  let problems: (string | null)[];

  beforeEach(async () => {
    test = await testSettings();
    hubs = await startTestEventHubs(test.settings);
    problems = [];
  });

  afterEach(async () => {
    await hubs.stop();
    await test.cleanup();
  });

  const output = (errorPolicy: 'retry' | 'drop', stop = new AbortController()) =>
    new EventHubOutput(
      {
        connectionString: eventHubsConnectionString(test.settings, 'hot-path'),
        partitionKey: 'PartitionId',
        errorPolicy,
      },
      { signal: stop.signal, report: (problem) => problems.push(problem) },
    );
  const row = (id: string) =>
    record([
      ['id', id],
      ['PartitionId', 3n],
    ]);
  const ids = () => eventsOf(hubs, 'hot-path').map(({ id }) => id);

  it('keeps the order of rows that came from one partition', async () => {
    const written = output('retry');
    const rows = Array.from({ length: 50 }, (_, index) => row(`Meter${index}`));
    await written.write(rows.slice(0, 20));
    await written.write(rows.slice(20));
    await written.close();
    assert.deepEqual(
      ids(),
      rows.map(({ id }) => id),
    );
  });

  it('waits with a row that is larger than the event hub takes, and says so', async () => {
    const stop = new AbortController();
    const writing = output('retry', stop).write([row('Meter01'), row(TOO_LARGE), row('Meter02')]);
    await eventually(() => assert.match(problems.at(-1) ?? '', /a row of 11\d{5} bytes is larger/));
    assert.deepEqual(ids(), ['Meter01']);
    stop.abort();
    await assert.rejects(writing);
  });

  it('goes on without it when the error policy says so', async () => {
    const written = output('drop');
    await written.write([row('Meter01'), row(TOO_LARGE), row('Meter02')]);
    await written.close();
    assert.deepEqual(ids(), ['Meter01', 'Meter02']);
  });
});
