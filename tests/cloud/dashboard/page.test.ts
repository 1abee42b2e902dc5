import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import type { RunningDashboard } from '../../../cloud/dashboard/server/dashboard.ts';
import { launchBrowser, openPage } from '../../support/browser.ts';
import { startTestEventHubs, type TestEventHubs } from '../../support/event-hubs.ts';
import { eventually } from '../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import { appendAnomaly, appendAverage, startTestDashboard } from './sample-hubs.ts';

const HOSTILE_ID = '<img src=x onerror="window.hacked=1">';
const SPIKE = {
  id: 'Meter01',
  time: '2026-11-22T18:02:00Z',
  temp: 90,
  direction: 'spike',
} as const;

describe('dashboard page', function () {
  this.timeout(30_000);
  let test: TestSettings;
  let hubs: TestEventHubs;
  let dashboard: RunningDashboard;
  let browser: Browser;
  let page: Page;
  let faults: string[];

  before(async () => {
    test = await testSettings();
    hubs = await startTestEventHubs(test.settings);
    for (const [id, average] of [
      ['Meter01', 66],
      ['Meter02', 70.5],
      [HOSTILE_ID, 73],
    ] as const) {
      await appendAverage(hubs, { id, windowEnd: '2026-11-22T18:05:00Z', average });
    }
    await appendAnomaly(hubs, SPIKE);
    await appendAnomaly(hubs, { ...SPIKE, id: HOSTILE_ID, time: '2026-11-22T18:04:00Z' });
    dashboard = await startTestDashboard(test.settings);
    browser = await launchBrowser();
    ({ page, faults } = await openPage(browser));
    await page.goto(dashboard.url);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: /^Meter02: 70.5/ }).waitFor();
  });

  after(async () => {
    await browser.close();
    await dashboard.stop();
    await hubs.stop();
    await test.cleanup();
  });

  const bar = (text: string) => page.locator('.bar').filter({ hasText: text });

  it('shows the latest average of each meter, with a shape beside each colour', async () => {
    assert.match((await bar('Meter01').textContent()) ?? '', /▼66\.0/);
    assert.match((await bar('Meter02').textContent()) ?? '', /●70\.5/);
    assert.match((await bar('<img').textContent()) ?? '', /▲73\.0/);
  });

  it('shows in a browser that has no language of its own, as with LANG=C', async () => {
    const bare = await openPage(browser);
    await bare.page.addInitScript(
      "Object.defineProperty(navigator, 'language', { value: 'en-US@posix', configurable: true })",
    );
    await bare.page.goto(dashboard.url);
    await bare.page.getByRole('button', { name: /^Meter02: 70.5/ }).waitFor();

    assert.deepEqual(bare.faults, []);
    await bare.page.context().close();
  });

  it('lists anomalies newest first', async () => {
    const list = page.getByRole('region', { name: 'Anomalies' });
    const meters = await list.locator('tbody th').allTextContents();

    assert.deepEqual(meters, [HOSTILE_ID, 'Meter01']);
  });

  it('draws a line for each meter', async () => {
    const { width, height } = await page.locator('.lines canvas').evaluate((canvas) => ({
      width: canvas.clientWidth,
      height: canvas.clientHeight,
    }));

    assert.ok(width > 300 && height > 100);
    assert.equal(await page.locator('.line-keys .swatch').count(), 3);
  });

  it('shows a new average without a reload, and all of them after one', async () => {
    await appendAverage(hubs, { id: 'Meter02', windowEnd: '2026-11-22T18:10:00Z', average: 71.25 });
    await page.getByRole('button', { name: /^Meter02: 71.3/ }).waitFor();

    await page.reload();
    await page.getByRole('button', { name: /^Meter02: 71.3/ }).waitFor();
    assert.equal(await page.locator('.bar').count(), 3);
  });

  it('says which windows are corrected, late and incomplete, wherever they show', async () => {
    const list = page.getByRole('region', { name: 'Corrected, late and incomplete windows' });
    await list.getByText('None: every window').waitFor();
    const poor = { count: 28, expectedCount: 30, revision: 2, delaySeconds: 259_200 };
    const windowEnd = '2026-11-22T18:15:00Z';
    await appendAverage(hubs, { id: 'Meter02', windowEnd, average: 71, ...poor });

    const row = list.getByRole('row').filter({ hasText: 'Meter02' });
    await row.waitFor();
    assert.match((await row.textContent()) ?? '', /28 of 30 readings↻ 23 days late$/);
    assert.match((await bar('Meter02').textContent()) ?? '', /late↻ 228\/30/);
    const words = /28 of 30 readings, corrected 2 times, arrived 3 days late, incomplete$/;
    assert.match((await bar('Meter02').getAttribute('aria-label')) ?? '', words);
    const tile = page.locator('.tile').filter({ hasText: 'Readings there' });
    assert.match((await tile.textContent()) ?? '', /9\d\.\d %$/);
  });

  it('marks an anomaly that came late', async () => {
    const late = { ...SPIKE, time: '2026-11-22T18:06:00Z', delaySeconds: 7_200 };
    await appendAnomaly(hubs, late);
    await page.getByText('2 h late').waitFor();
  });

  it('picks a meter out by keyboard', async () => {
    await bar('Meter02').focus();
    await page.keyboard.press('Enter');

    assert.equal(await bar('Meter02').getAttribute('aria-pressed'), 'true');
    assert.equal(await page.locator('.line-keys .strong').textContent(), 'Meter02');
  });

  it('fits the width of a phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    const overflow = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );

    assert.equal(overflow, 0);
  });

  it('says so when the dashboard goes away, and comes back by itself', async () => {
    const { port } = new URL(dashboard.url);
    await dashboard.stop();
    await page.getByText('Dashboard not reachable').waitFor();
    faults.length = 0; // A refused connection is an error in the browser's console.

    dashboard = await startTestDashboard(test.settings, { PORT: port });
    await page.getByText('Live', { exact: true }).waitFor();
    await eventually(async () => assert.equal(await page.locator('.bar').count(), 3));
  });

  it('runs nothing that a meter calls itself, and has no error in the console', async () => {
    assert.equal(await page.evaluate('window.hacked'), undefined);
    assert.deepEqual(
      faults.filter((fault) => !fault.includes('ERR_CONNECTION_REFUSED')),
      [],
    );
  });
});
