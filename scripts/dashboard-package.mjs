/**
 * Makes dist/dashboard.zip, which is deployed to App Service as it is: npm run dashboard:package
 *
 * The server in one file, the built page, and nothing else: no packages to install, nothing to build.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildIfNeeded } from './build.mjs';
import { bundledPackages } from './bundled-packages.mjs';
import { listPackage, thirdPartyNotices, writeZip } from './package-zip.mjs';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const APP = join(PROJECT, 'cloud/dashboard');
const PAGE = join(PROJECT, 'dist/cloud/dashboard/web');
const ZIP = join(PROJECT, 'dist/dashboard.zip');

/** Packages that are in the page, which another tool bundles. */
const PAGE_PACKAGES = ['node_modules/preact', 'node_modules/uplot'];

/** Names that CommonJS packages expect. */
const BANNER = `import { createRequire as requireFor } from 'node:module';
const require = requireFor(import.meta.url);
const __dirname = import.meta.dirname;
const __filename = import.meta.filename;`;

/** Builds the package; its files by name, with their bytes. */
export async function dashboardPackage() {
  buildIfNeeded();
  const { server, folders } = await bundle();
  const { name, version, license } = JSON.parse(readFileSync(join(APP, 'package.json'), 'utf8'));
  const manifest = { name, version, private: true, type: 'module', license };
  return {
    // The server finds the page beside its own folder.
    'main.mjs': Buffer.from("import './server/main.mjs';\n"),
    'server/main.mjs': server,
    ...pageFiles(),
    'package.json': Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
    'THIRD-PARTY-NOTICES.txt': Buffer.from(
      thirdPartyNotices(PROJECT, [...folders, ...PAGE_PACKAGES]),
    ),
  };
}

async function bundle() {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(APP, 'server/main.ts')],
    absWorkingDir: PROJECT,
    outfile: 'main.mjs',
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    banner: { js: BANNER },
    // Names stay, so that errors and their stacks stay readable.
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const [file] = outputFiles;
  return { server: Buffer.from(file.contents), folders: bundledPackages(metafile) };
}

function pageFiles() {
  const files = readdirSync(PAGE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    files.map((file) => [`web/${relative(PAGE, file).replaceAll('\\', '/')}`, readFileSync(file)]),
  );
}

async function main() {
  const files = await dashboardPackage();
  listPackage(ZIP, files, writeZip(ZIP, files));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
