/**
 * Takes the pictures of a mail for the documentation, from a page that the dry run wrote:
 *
 *   npm run alerts -- --dry-run events.json --html pages
 *   node --import tsx scripts/mail-screenshots.mjs pages/001-first.html
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from '../tests/support/browser.ts';

const FOLDER = fileURLToPath(new URL('../docs/images', import.meta.url));
const SIZE = { width: 560, height: 700 };

const [, , file] = process.argv;
if (file === undefined) throw new Error('Pass the page of a mail.');
const html = readFileSync(file, 'utf8');
const browser = await launchBrowser();
try {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({
      colorScheme,
      viewport: SIZE,
      javaScriptEnabled: false,
    });
    const page = await context.newPage();
    await page.setContent(html);
    await page.screenshot({ path: join(FOLDER, `mail-${colorScheme}.png`), fullPage: true });
    await context.close();
    console.log(`docs/images/mail-${colorScheme}.png`);
  }
} finally {
  await browser.close();
}
