/**
 * Makes dist/function.zip, which is deployed to Azure Functions as it is: npm run function:package
 *
 * The code with all it needs in a few files, what draws pictures beside it, and nothing else: no
 * development tools, no sources, no settings.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { bundledPackages } from './bundled-packages.mjs';
import { listPackage, thirdPartyNotices, writeZip } from './package-zip.mjs';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const APP = join(PROJECT, 'cloud/function');
const ZIP = join(PROJECT, 'dist/function.zip');

/** What CommonJS packages load Node's own modules with. */
const BANNER = `import { createRequire as requireFor } from 'node:module';
const require = requireFor(import.meta.url);`;

/** Packages of files that the code looks up: they stay packages, with just these files. */
const KEPT = {
  '@resvg/resvg-wasm': ['package.json', 'index.mjs', 'index_bg.wasm'],
  '@fontsource/inter': [
    'package.json',
    'LICENSE',
    'files/inter-latin-400-normal.woff2',
    'files/inter-latin-600-normal.woff2',
  ],
};

/** Builds the package; its files by name, with their bytes. */
export async function functionPackage() {
  const { code, folders } = await bundle();
  const { name, version, license } = JSON.parse(readFileSync(join(APP, 'package.json'), 'utf8'));
  const manifest = {
    name,
    version,
    private: true,
    type: 'module',
    license,
    main: 'functions/*.js',
  };
  return {
    ...code,
    ...keptFiles(),
    'host.json': readFileSync(join(APP, 'host.json')),
    'package.json': Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
    'THIRD-PARTY-NOTICES.txt': Buffer.from(thirdPartyNotices(PROJECT, folders)),
  };
}

/** One file per function, and what they share beside them: services are opened once, not once each. */
async function bundle() {
  const functions = join(APP, 'src/functions');
  const { outputFiles, metafile } = await build({
    entryPoints: readdirSync(functions).map((name) => join(functions, name)),
    absWorkingDir: PROJECT,
    outdir: 'package',
    entryNames: 'functions/[name]',
    chunkNames: 'shared/[name]-[hash]',
    bundle: true,
    splitting: true,
    write: false,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    banner: { js: BANNER },
    // The Functions worker provides its own module.
    external: ['@azure/functions-core', ...Object.keys(KEPT)],
    // Names stay, so that errors and their stacks stay readable.
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const kept = Object.keys(KEPT).map((name) => relative(PROJECT, packageFolder(name)));
  const files = outputFiles.map(({ path, contents }) => [
    relative(join(PROJECT, 'package'), path).replaceAll('\\', '/'),
    Buffer.from(contents),
  ]);
  return { code: Object.fromEntries(files), folders: [...bundledPackages(metafile), ...kept] };
}

function keptFiles() {
  const files = Object.entries(KEPT).flatMap(([name, paths]) =>
    paths.map((path) => [
      `node_modules/${name}/${path}`,
      readFileSync(join(packageFolder(name), path)),
    ]),
  );
  return Object.fromEntries(files);
}

/** Where npm has put a package of the app. */
function packageFolder(name) {
  const { paths } = createRequire(join(APP, 'package.json')).resolve;
  const found = paths(name)
    .map((folder) => join(folder, name))
    .find((folder) => existsSync(join(folder, 'package.json')));
  if (found === undefined) throw new Error(`${name} is not installed: npm install`);
  return found;
}

async function main() {
  const files = await functionPackage();
  listPackage(ZIP, files, writeZip(ZIP, files));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
