import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RunningDashboard } from '../../../cloud/dashboard/server/dashboard.ts';
import { compiled } from '../../support/compiled.ts';
import { startTestEventHubs, type TestEventHubs } from '../../support/event-hubs.ts';
import { eventually } from '../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import {
  appendAnomaly,
  appendAverage,
  dashboardVariables,
  startTestDashboard,
} from './sample-hubs.ts';

const MAIN = compiled('cloud/dashboard/server/main.ts');
const FIRST = { id: 'Meter01', windowEnd: '2026-11-22T18:05:00Z', average: 70.5 };
const FAILING = ['failing', 'failing'];
/**
 * Microsoft's client looks for lost partitions every 10 s, so it is chance how soon it resumes; a link
 * that was cut while it was made it gives up after 30 s.
 */
const CLIENT_RESUMES_MS = 42_000;
const SECOND = { id: 'Meter01', windowEnd: '2026-11-22T18:10:00Z', average: 71.5 };

interface Snapshot {
  meters: { id: string; averages: { average: number }[] }[];
  anomalies: { id: string }[];
  sources: Record<string, { state: string }>;
}

describe('dashboard server', function () {
  this.timeout(20_000);
  let test: TestSettings;
  let hubs: TestEventHubs;
  let dashboard: RunningDashboard;

  before(async () => {
    test = await testSettings();
    hubs = await startTestEventHubs(test.settings);
    await appendAverage(hubs, FIRST);
    dashboard = await startTestDashboard(test.settings);
  });

  after(async () => {
    await dashboard.stop();
    await hubs.stop();
    await test.cleanup();
  });

  const snapshot = async (): Promise<Snapshot> => {
    const response = await fetch(`${dashboard.url}/api/snapshot`);
    return JSON.parse(await response.text());
  };

  it('shows what was there before it started, and what comes after', async () => {
    await eventually(async () => {
      assert.deepEqual(
        (await snapshot()).meters[0]?.averages.map(({ average }) => average),
        [70.5],
      );
    });
    await appendAverage(hubs, SECOND);
    await appendAnomaly(hubs, { ...FIRST, time: FIRST.windowEnd, temp: 90, direction: 'spike' });
    await eventually(async () => {
      const { meters, anomalies, sources } = await snapshot();
      assert.deepEqual(
        meters[0]?.averages.map(({ average }) => average),
        [70.5, 71.5],
      );
      assert.equal(anomalies.length, 1);
      assert.equal(sources['hotPath']?.state, 'receiving');
    });
  });

  it('begins the stream of a page with a snapshot and goes on with changes', async () => {
    const stop = new AbortController();
    const response = await fetch(`${dashboard.url}/events`, { signal: stop.signal });
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
    let text = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
    })().catch(() => undefined);

    await eventually(() => assert.match(text, /"type":"snapshot"/));
    await appendAverage(hubs, { ...SECOND, average: 72.25, revision: 1 });
    await eventually(() => assert.match(text, /"type":"changes".*72\.25/));
    stop.abort();
    await reading;
  });

  it('counts rows that it does not understand and goes on', async () => {
    await appendAverage(hubs, { ...FIRST, windowEnd: 'not a time' });
    await eventually(async () => {
      const health = await (await fetch(`${dashboard.url}/api/health`)).json();
      assert.equal((health as { refusedRows: number }).refusedRows, 1);
    });
  });

  it('goes on by itself when its event hubs come back', async function () {
    this.timeout(90_000);
    await hubs.stop();
    await eventually(async () => {
      const { sources } = await snapshot();
      assert.deepEqual([sources['hotPath']?.state, sources['alerts']?.state], FAILING);
    }, CLIENT_RESUMES_MS);
    hubs = await startTestEventHubs(test.settings);
    await appendAverage(hubs, { ...SECOND, average: 73.5, revision: 2 });
    await eventually(async () => {
      const { meters, sources } = await snapshot();
      assert.equal(meters[0]?.averages.at(-1)?.average, 73.5);
      assert.equal(sources['hotPath']?.state, 'receiving');
    }, CLIENT_RESUMES_MS);
  });

  it('lets nothing from elsewhere run in its page', async () => {
    const { headers } = await fetch(dashboard.url);

    assert.match(headers.get('content-security-policy') ?? '', /script-src 'self'/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
  });
});

describe('dashboard process', function () {
  this.timeout(20_000);

  it('starts while its event hubs cannot be reached, and stops within two seconds', async () => {
    const test = await testSettings();
    const child = spawn(process.execPath, [MAIN], {
      env: { ...process.env, ...dashboardVariables(test.settings) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await eventually(() => assert.match(output, /dashboard ready/), 15_000);
    const askedAt = performance.now();
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
    assert.ok(performance.now() - askedAt < 2_000);
    await test.cleanup();
  });
});
