/**
 * Makes the zip of one app, wherever it is wanted:
 *
 *   npm run package -- function|dashboard [--out FILE]
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { dashboardPackage } from './dashboard-package.mjs';
import { functionPackage } from './function-package.mjs';
import { listPackage, writeZip } from './package-zip.mjs';

const APPS = { function: functionPackage, dashboard: dashboardPackage };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' } },
});
const [app = ''] = positionals;
if (!(app in APPS)) {
  console.error(`There is no app "${app}" to pack: npm run package -- function|dashboard`);
  process.exit(1);
}
const zip = resolve(values.out ?? `dist/${app}.zip`);
const files = await APPS[app]();
listPackage(zip, files, writeZip(zip, files));
