import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import { startSql } from '../../../../simulator/azure/sql/sql-server.ts';
import { startJobs } from '../../../../simulator/azure/stream-analytics/jobs.ts';
import { controlClient } from '../../../../simulator/wire/control-api.ts';
import type { RunningService } from '../../../../simulator/wire/local-process.ts';
import { compiled } from '../../../support/compiled.ts';
import { startAzurite, type Azurite } from '../../../support/azurite.ts';
import { startTestEventHubs, type TestEventHubs } from '../../../support/event-hubs.ts';
import { eventually } from '../../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';
import { SILENT_LOG, archivedLines, eventsOf, jobOf, readingAt, sendTelemetry } from './live.ts';

const MAIN = compiled('simulator/azure/stream-analytics/main.ts');

describe('jobs through outages', function () {
  this.timeout(60_000);
  let test: TestSettings;
  let azurite: Azurite;
  let sql: RunningService;
  let eventHubs: TestEventHubs | undefined;

  const children: ChildProcess[] = [];

  const startProcess = (settingsPath: string): ChildProcess => {
    const child = fork(MAIN, [settingsPath], { execArgv: [], stdio: 'ignore' });
    children.push(child);
    return child;
  };
  const status = () => controlClient(test.settings, 'jobs').get('/status');

  before(async () => {
    test = await testSettings();
    azurite = await startAzurite(test.settings);
    sql = await startSql({ settings: test.settings, log: SILENT_LOG });
  });

  afterEach(async () => {
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
    await eventHubs?.stop();
    eventHubs = undefined;
  });

  after(async () => {
    await azurite.stop();
    await sql.stop();
    await test.cleanup();
  });

  it('say what is wrong while the event hub is away, and go on when it comes back', async () => {
    const jobs = await startJobs({ settings: test.settings, log: SILENT_LOG });
    await eventually(async () => {
      assert.match(jobOf(await status(), 'cold-path').error ?? '', /^cold-path: /);
    });
    eventHubs = await startTestEventHubs(test.settings);
    await sendTelemetry(eventHubs, 'Meter01', readingAt('Meter01', 10));
    await eventually(async () => {
      assert.equal((await archivedLines(test.settings)).length, 1);
      assert.equal(jobOf(await status(), 'cold-path').error, null);
    }, 20_000);
    await eventHubs.stop();
    eventHubs = await startTestEventHubs(test.settings);
    await sendTelemetry(eventHubs, 'Meter01', readingAt('Meter01', 20));
    await eventually(async () => {
      assert.equal((await archivedLines(test.settings)).length, 2);
    }, 20_000);
    await jobs.stop();
  });

  it('stop within a second while the event hub is away', async () => {
    const jobs = await startJobs({ settings: test.settings, log: SILENT_LOG });
    const startedMs = performance.now();
    await jobs.stop();
    assert.ok(performance.now() - startedMs < 1_000);
  });

  it('stop within a second while the event hub goes away, and lose nothing', async () => {
    const hubs = (eventHubs = await startTestEventHubs(test.settings));
    const known = (await archivedLines(test.settings)).length;
    const jobs = await startJobs({ settings: test.settings, log: SILENT_LOG });
    await sendTelemetry(hubs, 'Meter02', readingAt('Meter02', 10));
    await eventually(async () => {
      assert.equal((await archivedLines(test.settings)).length, known + 1);
    }, 20_000);
    await sendTelemetry(hubs, 'Meter02', readingAt('Meter02', 20));
    const startedMs = performance.now();
    const away = hubs.stop();
    await jobs.stop();
    assert.ok(performance.now() - startedMs < 1_000);
    await away;
    eventHubs = await startTestEventHubs(test.settings);
    const again = await startJobs({ settings: test.settings, log: SILENT_LOG });
    await eventually(async () => {
      const lines = await archivedLines(test.settings);
      assert.equal(new Set(lines.filter((line) => line.startsWith('Meter02'))).size, 2);
    }, 20_000);
    await again.stop();
  });

  it('lose nothing when killed again and again, and repeat little', async () => {
    const hubs = (eventHubs = await startTestEventHubs(test.settings));
    const settingsPath = join(test.settings.stateFolder, 'settings.json');
    await writeFile(settingsPath, JSON.stringify(test.settings));
    const known = new Set(await archivedLines(test.settings));
    let sent = 0;
    for (let kills = 0; kills < 2; kills += 1) {
      const child = startProcess(settingsPath);
      await once(child, 'message');
      const archived = (await archivedLines(test.settings)).length;
      while ((await archivedLines(test.settings)).length < archived + 100) {
        const readings = Array.from({ length: 100 }, () => readingAt('Direct07', (sent += 1) * 10));
        await sendTelemetry(hubs, 'Direct07', readings);
      }
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const child = startProcess(settingsPath);
    await once(child, 'message');
    await eventually(async () => {
      const job = jobOf(await status(), 'cold-path');
      assert.equal(job.inputs[0]?.backlog, 0);
    }, 20_000);
    const lines = (await archivedLines(test.settings)).filter((line) => !known.has(line));
    assert.equal(new Set(lines).size, sent);
    await eventually(() => {
      const averages = eventsOf(hubs, 'hot-path').filter(({ id }) => id === 'Direct07');
      const windows = new Map(averages.map((each) => [each['windowEnd'], each['count']]));
      assert.equal(windows.size, Math.ceil((sent * 10 - 30) / 300) - 1);
      assert.deepEqual(new Set(windows.values()), new Set([30]));
    });
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
});
