import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { BUILT_IN_ENDPOINT } from '../../../../simulator/azure/event-hubs/namespace.ts';
import { startSql } from '../../../../simulator/azure/sql/sql-server.ts';
import { startJobs } from '../../../../simulator/azure/stream-analytics/jobs.ts';
import { controlClient } from '../../../../simulator/wire/control-api.ts';
import type { RunningService } from '../../../../simulator/wire/local-process.ts';
import { startAzurite, type Azurite } from '../../../support/azurite.ts';
import { startTestEventHubs, type TestEventHubs } from '../../../support/event-hubs.ts';
import { eventually } from '../../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';
import {
  SILENT_LOG,
  archiveOf,
  archivedLines,
  eventsOf,
  jobOf,
  readingAt,
  sendTelemetry,
  telemetryEvent,
} from './live.ts';

describe('live jobs', function () {
  this.timeout(30_000);
  let test: TestSettings;
  let eventHubs: TestEventHubs;
  let azurite: Azurite;
  let sql: RunningService;
  let jobs: RunningService;

  const start = () => startJobs({ settings: test.settings, log: SILENT_LOG });
  const status = () => controlClient(test.settings, 'jobs').get('/status');

  before(async () => {
    test = await testSettings();
    [eventHubs, azurite, sql] = await Promise.all([
      startTestEventHubs(test.settings),
      startAzurite(test.settings),
      startSql({ settings: test.settings, log: SILENT_LOG }),
    ]);
    jobs = await start();
  });

  after(async () => {
    await jobs.stop();
    await eventHubs.stop();
    await azurite.stop();
    await sql.stop();
    await test.cleanup();
  });

  it('archive every reading in the folder of its own hour, whatever arrives when', async () => {
    await sendTelemetry(eventHubs, 'Meter01', readingAt('Meter01', 30));
    await sendTelemetry(eventHubs, 'Meter01', [
      readingAt('Meter01', 3_600),
      readingAt('Meter01', 60),
    ]);
    await eventually(async () => {
      const blobs = await archiveOf(test.settings);
      const folders = [...blobs.keys()].map((name) => name.split('/').slice(0, -1).join('/'));
      assert.deepEqual(folders.toSorted(), ['readings/2026/01/01/00', 'readings/2026/01/01/01']);
    });
    const [first] = (await archiveOf(test.settings)).values();
    assert.equal(first?.split('\r\n')[0], 'id,time,temp,seq,gateway,archiveHour');
    assert.equal((await archivedLines(test.settings)).length, 3);
  });

  it('average a direct meter over five minutes, to the event hub hot-path', async () => {
    for (let seconds = 10; seconds <= 600; seconds += 10) {
      await sendTelemetry(
        eventHubs,
        'Direct01',
        readingAt('Direct01', seconds, 60 + seconds / 100),
      );
    }
    await eventually(() => {
      const averages = eventsOf(eventHubs, 'hot-path').filter(({ id }) => id === 'Direct01');
      assert.equal(averages.length, 1);
      const [{ average, count, windowEnd, revision, gateway }] = averages as [
        Record<string, unknown>,
      ];
      assert.ok(Math.abs(Number(average) - 61.55) < 1e-9);
      assert.deepEqual([count, revision, gateway], [30, 0, null]);
      assert.equal(windowEnd, '2026-01-01T00:05:00.0000000Z');
    });
  });

  it('pass on what a gateway found, with the gateway’s name', async () => {
    const average = {
      id: 'Meter02',
      windowStart: '2026-01-01T00:00:00.000Z',
      windowEnd: '2026-01-01T00:05:00.000Z',
      average: 70.5,
      minimum: 70,
      maximum: 71,
      count: 30,
      revision: 0,
    };
    const anomaly = {
      id: 'Meter02',
      time: '2026-01-01T00:01:00.000Z',
      temp: 90,
      direction: 'spike',
      score: 1e-8,
      confidence: 99.99,
      historySize: 120,
      usual: 70,
      recent: [['d', 70]],
    };
    const kind = (name: string) => ({ kind: name, gateway: 'gateway-01' });
    await sendTelemetry(eventHubs, 'gateway-01', [average], kind('average'));
    await sendTelemetry(eventHubs, 'gateway-01', anomaly, kind('anomaly'));
    await eventually(() => {
      const averages = eventsOf(eventHubs, 'hot-path').filter(({ id }) => id === 'Meter02');
      assert.deepEqual(
        averages.map((each) => each['gateway']),
        ['gateway-01'],
      );
      const [found] = eventsOf(eventHubs, 'alerts');
      assert.deepEqual([found?.['gateway'], found?.['recent']], ['gateway-01', [['d', 70]]]);
    });
  });

  it('count what is no JSON and go on', async () => {
    await sendTelemetry(eventHubs, 'Meter01', 'no json');
    await sendTelemetry(eventHubs, 'Meter01', readingAt('Meter01', 90));
    await eventually(async () => {
      const job = jobOf(await status(), 'cold-path');
      assert.equal(job.conversionErrors, 1);
      assert.deepEqual(job.inputs, [{ alias: 'cold-path', backlog: 0 }]);
    });
  });

  it('lose nothing to a message nested without end: it counts as no JSON', async () => {
    const { conversionErrors } = jobOf(await status(), 'cold-path');
    const depth = 50_000;
    await eventHubs.eventLog.append(BUILT_IN_ENDPOINT, { partitionKey: 'Meter03' }, [
      telemetryEvent('Meter03', readingAt('Meter03', 90)),
      telemetryEvent('Meter03', `${'['.repeat(depth)}${']'.repeat(depth)}`),
      telemetryEvent('Meter03', `{"id":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`),
      telemetryEvent('Meter03', readingAt('Meter03', 100)),
    ]);
    await eventually(async () => {
      const lines = await archivedLines(test.settings);
      assert.equal(lines.filter((line) => line.startsWith('Meter03')).length, 2);
      assert.equal(jobOf(await status(), 'cold-path').conversionErrors, conversionErrors + 2);
    });
  });

  it('go on where they stopped, in files of their own', async () => {
    const control = controlClient(test.settings, 'jobs');
    await control.post('/jobs/cold-path/stop');
    assert.equal(jobOf(await status(), 'cold-path').state, 'stopped');
    const before = await archiveOf(test.settings);
    await sendTelemetry(eventHubs, 'Meter01', readingAt('Meter01', 120));
    await jobs.stop();
    jobs = await start();
    assert.equal(jobOf(await status(), 'cold-path').state, 'stopped');
    await control.post('/jobs/cold-path/start');
    await eventually(async () => {
      const blobs = await archiveOf(test.settings);
      assert.equal(blobs.size, before.size + 1);
      for (const [name, text] of before) assert.equal(blobs.get(name), text);
    });
  });

  it('answer 404 for a job that there is not', async () => {
    await assert.rejects(controlClient(test.settings, 'jobs').post('/jobs/x/start'), /no job x/);
  });
});
