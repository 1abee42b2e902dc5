import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, openPage } from '../../support/browser.ts';
import { eventually } from '../../support/eventually.ts';
import { HOSTILE_ID } from './sample-system.ts';
import { startTestConsole, type TestConsole } from './test-console.ts';

describe('console page', function () {
  this.timeout(30_000);
  let sample: TestConsole;
  let browser: Browser;
  let page: Page;
  let faults: string[];

  before(async () => {
    sample = await startTestConsole({ manual: true });
    browser = await launchBrowser();
    ({ page, faults } = await openPage(browser));
    await page.goto(sample.url);
    await page.getByText('Live', { exact: true }).waitFor();
  });

  after(async () => {
    await browser.close();
    await sample.stop();
  });

  const visit = (part: string) => page.goto(`${sample.url}/#/${part}`);
  const window = (text: string) => page.locator('.window').filter({ hasText: text });
  const panel = () => page.locator('.panel');
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const lastCall = () => sample.system.calls.at(-1);

  it('shows a window per meter in the colour and the words of its state', async () => {
    await visit('building');
    await window('Meter01').waitFor();

    assert.equal(await page.locator('.window').count(), 10);
    for (const [id, look, words] of [
      ['Meter01', 'new', 'new'],
      ['Meter02', 'installed', 'installed'],
      ['Meter03', 'registered', 'needs attention'],
      ['Meter04', 'connected', 'connected'],
      ['Meter05', 'usual', '●69.4°'],
      ['Meter08', 'hot', '▲72.5°'],
    ] as const) {
      assert.match((await window(id).getAttribute('class')) ?? '', new RegExp(`\\b${look}\\b`));
      assert.ok((await window(id).textContent())?.includes(words), id);
    }
  });

  it('installs, registers and injects by clicks, with ID scope and key typed in', async () => {
    await window('Meter01').click();
    await press('Install');
    await eventually(() => assert.equal(lastCall()?.path, 'meters /meters/Meter01/install'));

    await window('Meter02').click();
    assert.equal(await page.getByLabel('ID scope').inputValue(), '');
    await page.getByLabel('ID scope').fill('0ne00000001');
    await page.getByLabel('Group key').fill('c2VjcmV0');
    await press('Register');
    await eventually(() =>
      assert.deepEqual(lastCall(), {
        path: 'meters /meters/Meter02/register',
        body: { idScope: '0ne00000001', groupKey: 'c2VjcmV0' },
      }),
    );

    await window('Meter05').click();
    await page.getByLabel('Pin at °F').fill('75.5');
    await press('Pin');
    await eventually(() => assert.deepEqual(lastCall()?.body, { temp: 75.5 }));
    await press('▲ Inject a spike');
    await eventually(() => assert.equal(lastCall()?.path, 'meters /meters/Meter05/spike'));
  });

  it('says why a click was refused', async () => {
    await window('Meter03').click();
    await press('Connect');
    await page
      .locator('.faults')
      .getByText('edgeHub refused Meter03: it is not a child of gateway-01')
      .waitFor();
    await press('Close');
    await press('Adopt');
    await eventually(() => assert.equal(lastCall()?.path, 'meters /meters/Meter03/adopt'));
  });

  it('is used without a mouse', async () => {
    await window('Meter07').focus();
    await page.keyboard.press('Enter');
    assert.equal(await panel().getByRole('heading', { level: 2 }).textContent(), 'Meter07');

    await page.getByRole('button', { name: 'Cut the link between gateway and cloud' }).focus();
    await page.keyboard.press('Space');
    await eventually(() => assert.equal(lastCall()?.path, 'link /cut'));
  });

  it('shows what changes without a reload', async () => {
    sample.system.status['link'] = { up: false, sinceMs: Date.parse('2026-11-22T18:05:10Z') };
    await page.getByRole('button', { name: 'Mend the link between gateway and cloud' }).waitFor();
    await visit('gateway');
    await page.getByText('readings wait on the gateway').waitFor();
    sample.system.status['link'] = { up: true, sinceMs: 0 };
  });

  it('shows modules with their counters, and restarts one', async () => {
    const row = page.getByRole('row').filter({ hasText: 'store-and-forward' });
    assert.match((await row.textContent()) ?? '', /running40022/);
    assert.match((await row.textContent()) ?? '', /81279022/);
    const metrics = page.getByRole('link', { name: 'Metrics of store-and-forward' });
    assert.equal(await metrics.getAttribute('href'), 'http://127.0.0.1:41234/metrics');

    await press('Restart averager');
    await eventually(() => assert.equal(lastCall()?.path, 'edgeAgent /modules/averager/restart'));
  });

  it('keeps the group key off the page until it is asked for', async () => {
    const key = sample.settings.secrets.enrollmentGroupKey;
    await visit('azure/device-provisioning');
    await page.getByText(sample.settings.idScope).waitFor();
    assert.ok(!(await page.content()).includes(key));

    await press('Show the primary key');
    await page.getByText(key).waitFor();
    await press('Hide');
    await eventually(async () => assert.ok(!(await page.content()).includes(key)));
  });

  it('stops and starts jobs', async () => {
    await visit('azure/stream-analytics');
    await press('Stop hot-path');
    await eventually(() => assert.equal(lastCall()?.path, 'jobs /jobs/hot-path/stop'));
    await press('Start alerts');
    await eventually(() => assert.equal(lastCall()?.path, 'jobs /jobs/alerts/start'));
  });

  it('shows a mail in a frame in which nothing runs, and as text', async () => {
    await visit('mailbox');
    const frame = page.frameLocator('iframe');
    await frame.getByText('measured 90.2 °F').waitFor();
    assert.equal(
      await page.locator('iframe').getAttribute('sandbox'),
      'allow-popups allow-popups-to-escape-sandbox',
    );

    await press('Text');
    await page.getByText(`${HOSTILE_ID} measured 90.2 °F`).waitFor();
  });

  it('shows hostile ids as the text they are, everywhere', async () => {
    for (const part of ['building', 'gateway', 'azure/iot-hub', 'azure/event-hubs', 'mailbox']) {
      await visit(part);
      if (part === 'azure/event-hubs') await press('Peek into hot-path');
      await page.getByText('<img src=x').first().waitFor();
      assert.equal(await page.locator('img').count(), 0, part);
    }
    assert.equal(await page.evaluate('window.hacked'), undefined);
  });

  it('names a process that does not answer', async () => {
    sample.system.status['jobs'] = { unexpected: true };
    await visit('azure/stream-analytics');
    await page.getByText('jobs answered something unexpected').waitFor();
  });

  for (const part of ['building', 'gateway', 'azure/device-provisioning', 'mailbox']) {
    it(`fits the width of a phone: ${part}`, async () => {
      await page.setViewportSize({ width: 360, height: 740 });
      await visit(part);
      await page.locator('main .card').first().waitFor();
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );

      assert.equal(overflow, 0);
    });
  }

  it('has no error in the console but what was refused on purpose', () => {
    const onPurpose = ['409 (Conflict)', "the 'allow-scripts' permission is not set"];
    const others = faults.filter((fault) => !onPurpose.some((words) => fault.includes(words)));

    assert.deepEqual(others, []);
  });
});
