/**
 * Takes the pictures of the README from the running local system.
 *
 *   node --import tsx scripts/screenshots.mjs [--state .local] [--pin METER=TEMP]…
 *
 * `--pin` holds a meter at a temperature first, so that the picture shows more than one colour.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launchBrowser, openPage } from '../tests/support/browser.ts';

const FOLDER = fileURLToPath(new URL('../docs/images', import.meta.url));
const SIZE = { width: 1280, height: 700 };

const { values } = parseArgs({
  options: {
    state: { type: 'string', default: '.local' },
    pin: { type: 'string', multiple: true, default: [] },
  },
});
const settingsFile = resolve(values.state, 'settings.json');
const { ports } = JSON.parse(readFileSync(settingsFile, 'utf8'));
const consoleUrl = `http://127.0.0.1:${ports.console}`;
const dashboardUrl = `http://127.0.0.1:${ports.dashboard}`;

mkdirSync(FOLDER, { recursive: true });
for (const words of values.pin) await pin(words);
const browser = await launchBrowser();
try {
  await take('console.png', `${consoleUrl}/#/building`, showMeter);
  await take('dashboard.png', dashboardUrl, (page) => page.locator('.bar').first().waitFor());
} finally {
  await browser.close();
}

/** Holds a meter at a temperature and waits until its window says so. */
async function pin(words) {
  const [id, temp] = words.split('=');
  const response = await fetch(`${consoleUrl}/api/meters`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: consoleUrl },
    body: JSON.stringify({ id, command: 'pin', temp: Number(temp) }),
  });
  if (!response.ok) throw new Error(`${words}: ${await response.text()}`);
}

async function showMeter(page) {
  await page.locator('.window').filter({ hasText: 'transmitting' }).first().waitFor();
  for (const words of values.pin) {
    const [id, temp] = words.split('=');
    const shown = `${Number(temp).toFixed(1)}°`;
    const window = page.locator('.window').filter({ hasText: id });
    await window.filter({ hasText: shown }).click();
  }
}

async function take(name, url, ready) {
  const { page, faults } = await openPage(browser, { viewport: SIZE, deviceScaleFactor: 1.5 });
  await page.goto(url);
  await page.getByText('Live', { exact: true }).waitFor();
  await ready(page);
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(FOLDER, name), fullPage: true });
  await page.close();
  if (faults.length > 0) throw new Error(`${url} has errors in its console: ${faults.join('; ')}`);
  console.log(`docs/images/${name}`);
}
