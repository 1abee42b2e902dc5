/** A newcomer's first ten minutes, by hand, in a browser: everything behind the pages is real. */
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, openPage } from '../support/browser.ts';
import { startTestSystem, type TestSystem } from '../support/local-system.ts';

const METER = 'Meter02';
/** Enough history for the detector, and for some windows to be over. */
const METERS = { manual: true, count: 3, direct: 1, intervalMs: 2_000, historySeconds: 1_200 };

describe('pages of the running system', function () {
  this.timeout(90_000);
  let test: TestSystem;
  let browser: Browser;
  let page: Page;
  let dashboard: Page;
  const faults: string[] = [];

  before(async () => {
    test = await startTestSystem(METERS);
    browser = await launchBrowser();
    const consoleTab = await openPage(browser, { viewport: { width: 1280, height: 1000 } });
    const dashboardTab = await openPage(browser);
    page = consoleTab.page;
    dashboard = dashboardTab.page;
    for (const tab of [page, dashboard]) tab.setDefaultTimeout(30_000);
    for (const tab of [consoleTab, dashboardTab]) {
      tab.page.on('close', () => faults.push(...tab.faults));
    }
  });

  after(async () => {
    await browser.close();
    await test.end();
  });

  const ports = () => test.system.settings.ports;
  const visit = (part: string) => page.goto(`http://127.0.0.1:${ports().console}/#/${part}`);
  const window = (words: string) => page.locator('.window').filter({ hasText: words });
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

  it('begin with meters that nobody has installed', async () => {
    await visit('building');
    await window('Meter01').waitFor();

    assert.equal(await page.locator('.window.new').count(), METERS.count);
  });

  it('refuse a meter with a wrong key, and say so', async () => {
    await window(METER).click();
    await press('Install');
    await page.getByLabel('ID scope').fill(test.system.settings.idScope);
    await page.getByLabel('Group key').fill(Buffer.from('wrong').toString('base64'));
    await press('Register');
    await page.locator('.fault').first().waitFor();

    assert.equal(await page.locator('.window.installed').count(), 1);
  });

  it('register a meter with ID scope and key from Device Provisioning', async () => {
    await visit('azure/device-provisioning');
    const idScope = await page.locator('.copyable code').first().textContent();
    await press('Show the primary key');
    const key = await page.locator('.key-text').textContent();

    await visit('building');
    await window(METER).click();
    await page.getByLabel('ID scope').fill(idScope ?? '');
    await page.getByLabel('Group key').fill(key ?? '');
    await press('Register');
    await page.locator('.window.registered').filter({ hasText: METER }).waitFor();
  });

  it('adopt the meter, connect it and see it transmit', async () => {
    await press('Adopt');
    await page.getByText('Child of').waitFor();
    await press('Connect');

    await window(METER).filter({ hasText: 'transmitting' }).waitFor();
  });

  it('show its averages on the dashboard', async () => {
    await dashboard.goto(`http://127.0.0.1:${ports().dashboard}/`);
    await dashboard
      .getByRole('button', { name: new RegExp(`^${METER}: `) })
      .first()
      .waitFor();
  });

  it('bring a mail about a spike that was injected', async () => {
    await press('▲ Inject a spike');
    await visit('mailbox');
    const mail = page
      .locator('.mails a')
      .filter({ hasText: new RegExp(`^Alert at .* at ${METER}`) });
    await mail.first().click();

    await page
      .frameLocator('iframe')
      .locator('h1', { hasText: `at ${METER}` })
      .waitFor();
    await page.frameLocator('iframe').locator('img.light-picture').waitFor();
    await press('Text');
    assert.match((await page.locator('.mail-text').textContent()) ?? '', /°F/);
  });

  it('open the page of the incident by the link in its mail', async () => {
    await press('Mail');
    const opened = page.context().waitForEvent('page');
    await page.frameLocator('iframe').getByRole('link', { name: 'Acknowledge' }).click();
    const incident = await opened;

    // Here an incident lasts for seconds only.
    await incident
      .getByRole('heading', { name: /^(Acknowledge the incident|It is over)/ })
      .waitFor();
    await incident.close();
  });

  it('mark the same spike on the dashboard', async () => {
    const row = dashboard.getByRole('row').filter({ hasText: METER }).filter({ hasText: 'spike' });
    await row.first().waitFor();
  });

  it('show its readings in the archive', async () => {
    await visit('azure/storage');
    await press('readings/');
    const closedFolder = page.locator('.folder[aria-expanded="false"]');
    const file = page.locator('.tree button').filter({ hasText: '.csv' });
    // Year, month, day and hour, each opening the next.
    while ((await file.count()) === 0) await closedFolder.or(file).first().click();
    await file.first().click();
    await page.getByRole('cell', { name: METER }).first().waitFor();
  });

  it('have no error in their consoles but the refused key', async () => {
    await page.close();
    await dashboard.close();

    assert.deepEqual(
      faults.filter((fault) => !/status of 4\d\d/.test(fault)),
      [],
    );
  });
});
