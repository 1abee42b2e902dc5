/**
 * Makes each module what its image holds: one JavaScript file and the SQLite binding.
 *
 *   npm run bundle [-- MODULE … --binding FILE --out FOLDER]
 *
 * Writes dist/bundles/<module>/main.mjs and better_sqlite3.node, for store-and-forward also bulk.mjs, and beside them,
 * not for the image, the source maps and sbom.cdx.json, the bill of materials. modules/Dockerfile runs the same script.
 *
 * `--binding` takes a binding that was built for another Node or another processor.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { billOfMaterials } from './sbom.mjs';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const BINDING = 'better_sqlite3.node';

/** Names CommonJS code expects; esbuild has no file of its own to put there. */
const REQUIRE = `import { createRequire as requireFor } from 'node:module';
const require = requireFor(import.meta.url);`;
const BANNER = `${REQUIRE}
const __dirname = import.meta.dirname;
const __filename = import.meta.filename;`;

const OPTIONS = {
  absWorkingDir: PROJECT,
  bundle: true,
  platform: 'node',
  // The oldest Node that the modules support; images have a newer one.
  target: 'node20.19',
  format: 'esm',
  banner: { js: BANNER },
  // Names stay, so that errors and their stacks stay readable.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: 'external',
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
};

/** Where a module has Azure's clients for Blob Storage, and what becomes of them. */
const bulkClientOf = (name) => `modules/${name}/src/bulk/azure-container.ts`;
const BULK = 'bulk.mjs';

/** Folders of modules that have an image. */
export function moduleNames(project = PROJECT) {
  return readdirSync(join(project, 'modules'))
    .filter((name) => existsSync(join(project, 'modules', name, 'module.json')))
    .toSorted((a, b) => a.localeCompare(b));
}

/** Bundles one module; its bill of materials. */
export async function bundleModule(name, { out, binding }) {
  const folder = join(out, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const main = await build({
    ...OPTIONS,
    stdin: { contents: entryOf(name), resolveDir: PROJECT, sourcefile: `${name}.mjs` },
    outfile: join(folder, 'main.mjs'),
    external: [`./${BINDING}`],
    plugins: [sqliteBinding, bulkClient, noFileUploads],
  });
  const metafiles = [main.metafile];
  // Larger than everything else, and loaded only when it is used.
  if (existsSync(join(PROJECT, bulkClientOf(name)))) {
    const bulk = await build({
      ...OPTIONS,
      // Among Azure's clients is code that names its own folder.
      banner: { js: REQUIRE },
      entryPoints: [bulkClientOf(name)],
      outfile: join(folder, BULK),
    });
    metafiles.push(bulk.metafile);
  }
  copyFileSync(binding, join(folder, BINDING));
  const bill = billOfMaterials(PROJECT, name, packagesOf(metafiles));
  writeFileSync(join(folder, 'sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);
  return bill;
}

/** The health check comes without loading the module; so does the module's tool, if it has one, for any other word. */
function entryOf(name) {
  const tool = `modules/${name}/src/tool/main.ts`;
  const toolBranch = existsSync(join(PROJECT, tool))
    ? `else if (process.argv.length > 2) await import('./${tool}');\n`
    : '';
  return `import { checkHealth } from './modules/shared/src/health-check.ts';
if (process.argv[2] === '--health') {
  process.exitCode = checkHealth(process.env.HEARTBEAT_FILE, (text) => process.stdout.write(text));
} ${toolBranch}else await import('./modules/${name}/src/main.ts');`;
}

/** better-sqlite3 searches for its binding in folders that an image does not have: here it lies beside main.mjs. */
const sqliteBinding = {
  name: 'sqlite-binding',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^bindings$/ }, () => ({ path: BINDING, namespace: 'sqlite-binding' }));
    onLoad({ filter: /.*/, namespace: 'sqlite-binding' }, () => ({
      contents: `module.exports = () => require('./${BINDING}');`,
    }));
  },
};

/** The clients for Blob Storage are a file of their own. */
const bulkClient = {
  name: 'bulk-client',
  setup({ onResolve }) {
    onResolve({ filter: /\/azure-container\.ts$/ }, () => ({ path: `./${BULK}`, external: true }));
  },
};

/**
 * The SDK loads @azure/storage-blob, half of all code, for uploads of files, which only its device client
 * has. A module that tried one would get this error.
 */
const noFileUploads = {
  name: 'no-file-uploads',
  setup({ onResolve, onLoad }) {
    const namespace = 'no-file-uploads';
    onResolve({ filter: /^@azure\/storage-blob$/ }, ({ path }) => ({ path, namespace }));
    onLoad({ filter: /.*/, namespace }, () => ({
      contents: `module.exports = new Proxy({}, {
        get: () => { throw new Error('Modules cannot upload files: @azure/storage-blob is not in the image.'); },
      });`,
    }));
  },
};

/** The folders, as in package-lock.json even where npm installed further up, of the packages that something was taken from. */
function packagesOf(metafiles) {
  const folders = metafiles
    .flatMap(({ outputs }) => Object.values(outputs).filter(({ entryPoint }) => entryPoint))
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /^(?:\.\.\/)*((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
    .filter((folder) => folder !== undefined);
  return [...new Set(folders)].toSorted((a, b) => a.localeCompare(b));
}

/** The binding that npm made for this machine's Node. */
function installedBinding() {
  const found = createRequire(import.meta.url).resolve('better-sqlite3/package.json');
  return join(dirname(found), 'build/Release', BINDING);
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      binding: { type: 'string', default: installedBinding() },
      out: { type: 'string', default: join(PROJECT, 'dist/bundles') },
    },
  });
  const known = moduleNames();
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    console.error(`There is no module ${unknown}. There are: ${known.join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  for (const name of positionals.length > 0 ? positionals : known) {
    const { components } = await bundleModule(name, values);
    console.log(`${relative('.', join(values.out, name))}: ${components.length} components`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
