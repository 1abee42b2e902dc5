import assert from 'node:assert/strict';
import type { AveragePoint } from '../../../cloud/dashboard/core/board.ts';
import type { RunningDashboard } from '../../../cloud/dashboard/server/dashboard.ts';
import { HISTORY_MS, type HistoryReader } from '../../../cloud/dashboard/server/history.ts';
import { startTestEventHubs, type TestEventHubs } from '../../support/event-hubs.ts';
import { eventually } from '../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import { appendAverage, startTestDashboard } from './sample-hubs.ts';

const YESTERDAY: AveragePoint = {
  endMs: Date.parse('2026-11-22T18:05:00Z'),
  average: 70.5,
  minimum: 70,
  maximum: 71,
  count: 30,
  expectedCount: 30,
  revision: 1,
  delaySeconds: 34,
};

interface Snapshot {
  meters: { id: string; averages: { average: number }[] }[];
  sources: Record<string, { state: string; reason?: string } | undefined>;
}

describe('history of the dashboard', function () {
  this.timeout(20_000);
  let test: TestSettings;
  let hubs: TestEventHubs;
  let dashboard: RunningDashboard | undefined;

  beforeEach(async () => {
    test = await testSettings();
    hubs = await startTestEventHubs(test.settings);
  });

  afterEach(async () => {
    await dashboard?.stop();
    await hubs.stop();
    await test.cleanup();
  });

  const start = async (history?: HistoryReader) => {
    dashboard = await startTestDashboard(test.settings, {}, history);
  };
  const snapshot = async (): Promise<Snapshot> => {
    const response = await fetch(`${dashboard?.url}/api/snapshot`);
    return JSON.parse(await response.text());
  };
  const averages = async () =>
    (await snapshot()).meters.map(({ id, averages: points }) => [
      id,
      points.map(({ average }) => average),
    ]);

  it('is on the board before anything comes, for the last 24 hours', async () => {
    let sinceMs = 0;
    await start({
      read: async (since, taker) => {
        sinceMs = since;
        taker.averages([{ id: 'Meter01', point: YESTERDAY }]);
      },
    });
    await eventually(async () => assert.deepEqual(await averages(), [['Meter01', [70.5]]]));
    assert.equal((await snapshot()).sources['history']?.state, 'done');
    assert.ok(Math.abs(sinceMs - (Date.now() - HISTORY_MS)) < 10_000);
  });

  it('and the event hubs together show a window once, in its latest revision', async () => {
    const windowEnd = '2026-11-22T18:05:00Z';
    await appendAverage(hubs, { id: 'Meter01', windowEnd, average: 69, revision: 0 });
    await start({
      read: async (_since, taker) => taker.averages([{ id: 'Meter01', point: YESTERDAY }]),
    });
    await appendAverage(hubs, { id: 'Meter02', windowEnd, average: 68 });
    await eventually(async () =>
      assert.deepEqual(await averages(), [
        ['Meter01', [70.5]],
        ['Meter02', [68]],
      ]),
    );
  });

  it('that cannot be read holds up nothing, and follows when it can', async () => {
    await appendAverage(hubs, { id: 'Meter02', windowEnd: '2026-11-22T18:05:00Z', average: 68 });
    let attempts = 0;
    let comesBack = (): void => undefined;
    const back = new Promise<void>((resolve) => (comesBack = resolve));
    await start({
      read: async (_since, taker) => {
        attempts += 1;
        if (attempts === 1) throw new Error('Login failed for user secret-name');
        await back;
        taker.averages([{ id: 'Meter01', point: YESTERDAY }]);
      },
    });
    await eventually(async () => {
      const { sources } = await snapshot();
      assert.deepEqual(await averages(), [['Meter02', [68]]]);
      assert.equal(sources['history']?.reason, 'history: the database does not answer');
      assert.equal(sources['hotPath']?.state, 'receiving');
    });
    comesBack();
    await eventually(async () => assert.equal((await averages()).length, 2));
  });

  it('is not missed where there is no database', async () => {
    await start();
    assert.equal((await snapshot()).sources['history'], undefined);
  });

  it('does not keep the dashboard from stopping while it is being read', async () => {
    await start({
      read: (_since, _taker, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    });
    const askedAt = performance.now();
    await dashboard?.stop();
    dashboard = undefined;
    assert.ok(performance.now() - askedAt < 2_000);
  });
});
