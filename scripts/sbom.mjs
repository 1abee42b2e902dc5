/**
 * The bill of materials of a bundle, from package-lock.json: what is in the file, not what was installed for it.
 *
 * Source: CycloneDX 1.6, JSON (ECMA-424). Without a time or a random number: the same bundle has the same bill.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** @param folders the packages' folders, as package-lock.json names them */
export function billOfMaterials(project, module, folders) {
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
  const own = packages[`modules/${module}`];
  const root = reference(own.name, own.version);
  const components = [
    ...folders.map((folder) => packageComponent(folder, packages[folder])),
    sqliteComponent(),
    nodeComponent(),
  ];
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      lifecycles: [{ phase: 'build' }],
      component: {
        type: 'application',
        'bom-ref': root,
        name: own.name,
        version: own.version,
        licenses: licensesOf(own),
      },
    },
    components,
    dependencies: [{ ref: root, dependsOn: components.map((component) => component['bom-ref']) }],
  };
}

function packageComponent(folder, entry) {
  const name = entry.name ?? folder.slice(folder.lastIndexOf('node_modules/') + 13);
  return {
    type: 'library',
    // One package can be in the bundle twice.
    'bom-ref': folder,
    name,
    version: entry.version,
    purl: reference(name, entry.version),
    hashes: hashesOf(entry.integrity),
    licenses: licensesOf(entry),
  };
}

/** SQLite itself is in the sources of better-sqlite3 and in its binding. */
function sqliteComponent() {
  const installed = createRequire(import.meta.url).resolve('better-sqlite3/package.json');
  const text = readFileSync(join(dirname(installed), 'deps/sqlite3/sqlite3.h'), 'utf8');
  const version = /#define SQLITE_VERSION\s+"([^"]+)"/.exec(text)?.[1];
  return genericComponent('library', 'sqlite', version, { id: 'blessing' });
}

/** The image has the Node that bundles it: both stages come from one tag. */
function nodeComponent() {
  return genericComponent('platform', 'node', process.versions.node, { id: 'MIT' });
}

function genericComponent(type, name, version, license) {
  const purl = `pkg:generic/${name}@${version}`;
  return { type, 'bom-ref': purl, name, version, purl, licenses: [{ license }] };
}

/** Source: package-url specification, type npm. */
function reference(name, version) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** Subresource integrity, base64, to CycloneDX's hexadecimal. */
function hashesOf(integrity) {
  const [, digest] = /^sha512-(.+)$/.exec(integrity ?? '') ?? [];
  if (digest === undefined) return [];
  return [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }];
}

/** The lock file has an SPDX expression, or nothing. */
function licensesOf({ license }) {
  return license === undefined ? [] : [{ expression: license }];
}
